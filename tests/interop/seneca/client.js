// A Seneca that calls: node client.js a|b|c PORT; a and b over HTTP, c over TCP. Each line of its input is a message; each line of its output
// is {"reply":…} or {"error":…}. It ends with its input.
const Seneca = require('seneca')
const lines = require('readline').createInterface({ input: process.stdin })

const [dialect, port] = process.argv.slice(2)
const options = { log: 'silent', timeout: 4000 }
if (dialect === 'b') options.legacy = { transport: false }

const seneca = Seneca(options).client({ type: dialect === 'c' ? 'tcp' : 'web', host: '127.0.0.1', port: Number(port) })

seneca.ready(() => {
  console.log('ready')
  lines.on('line', (line) =>
    seneca.act(JSON.parse(line), (error, reply) => {
      // Not its details: they may have circles.
      const told = error && { code: error.code, message: error.message }
      console.log(JSON.stringify(error ? { error: told } : { reply: reply === undefined ? null : reply }))
    })
  )
})
lines.on('close', () => setTimeout(() => process.exit(0), 10))
