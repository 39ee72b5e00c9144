// The reserve service as a Seneca from npm: node reserve.js tcp|http PORT. It says "ready" when it listens, answers one
// line of JSON `{"created":N,"removed":N}` to each line of its input, and ends with it.
const Seneca = require('seneca')

const [type, port] = process.argv.slice(2)
const EXPIRES = 1111
const reserved = new Map()
let created = 0
let removed = 0

function sweep() {
  const now = Date.now()
  for (const [key, when] of reserved) if (when + EXPIRES <= now) reserved.delete(key)
}

Seneca({ log: 'silent', timeout: 2000 })
  .add('reserve:create', (msg, reply) => {
    sweep()
    if (reserved.has(msg.key)) return reply({ ok: false })
    reserved.set(msg.key, Date.now())
    created++
    reply({ ok: true })
  })
  .add('reserve:read', (msg, reply) => {
    sweep()
    reply({ ok: reserved.has(msg.key) })
  })
  .add('reserve:remove', (msg, reply) => {
    removed++
    reply({ ok: reserved.delete(msg.key) })
  })
  .add('reserve:state', (msg, reply) => {
    sweep()
    reply(Object.fromEntries([...reserved].map(([key, when]) => [key, when + EXPIRES - Date.now()])))
  })
  .listen({ type, host: '127.0.0.1', port: Number(port) })
  .ready(() => console.log('"ready"'))

process.stdin.on('data', () => console.log(JSON.stringify({ created, removed })))
process.stdin.on('end', () => process.exit(0))
