// A Seneca that calls: node client.js a|b|c PORT, where a and b are its HTTP dialects and c is its TCP transport. Each
// line of its input is a message; each line of its output is {"reply":…} or {"error":…}, as they come. A message after
// an exclamation mark is sent without waiting for a reply; of it comes {"sent":true}. It ends with its input.
const Seneca = require('seneca')
const lines = require('readline').createInterface({ input: process.stdin })

const [dialect, port] = process.argv.slice(2)
const options = { log: 'silent', timeout: 4000 }
if (dialect === 'b') options.legacy = { transport: false }

const type = dialect === 'c' ? 'tcp' : 'web'
const seneca = Seneca(options).use('entity').client({ type, host: '127.0.0.1', port: Number(port), timeout: 20000 })
const say = (object) => console.log(JSON.stringify(object))

seneca.ready(() => {
  say('ready')
  lines.on('line', (line) => {
    if (line[0] === '!') {
      seneca.act(JSON.parse(line.slice(1)))
      return say({ sent: true })
    }
    seneca.act(JSON.parse(line), (error, reply) => {
      // Not its details: they may have circles.
      const told = error && { code: error.code, message: error.message }
      say(error ? { error: told } : { reply: reply === undefined ? null : reply })
    })
  })
})
lines.on('close', () => setTimeout(() => process.exit(0), 10))
