// A Seneca that calls: node client.js PORT. It says 0 when it is ready. Each line of its input is IN_FLIGHT and
// MILLISECONDS; it calls for so long and says how many calls were answered. It ends with its input.
const Seneca = require('seneca')
const lines = require('readline').createInterface({ input: process.stdin })

const message = {
  role: 'cart', cmd: 'add', item: 'sku-123', qty: 2, price: 9.99,
  user: { id: 'u-1', tier: 'gold' }, note: 'leave at door',
}
const seneca = Seneca({ log: 'silent' }).client({ type: 'tcp', host: '127.0.0.1', port: Number(process.argv[2]) })

seneca.ready(() => {
  console.log(0)
  lines.on('line', (line) => {
    const [inFlight, milliseconds] = line.split(' ').map(Number)
    const end = Date.now() + milliseconds
    let calls = 0
    let lanes = inFlight
    const call = () => {
      seneca.act(message, (error, reply) => {
        if (error || reply.total !== 19.98) {
          console.log(error ? error.message : JSON.stringify(reply))
          process.exit(1)
        }
        calls += 1
        if (Date.now() < end) return call()
        lanes -= 1
        if (lanes === 0) console.log(calls)
      })
    }
    for (let lane = 0; lane < inFlight; lane += 1) call()
  })
})
lines.on('close', () => process.exit(0))
