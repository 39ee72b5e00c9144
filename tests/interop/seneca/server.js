// A Seneca that answers: node server.js a|b|c PORT, where a and b are its HTTP dialects and c is its TCP transport. It
// says "ready" when it listens, and ends with its input.
const Seneca = require('seneca')

const [dialect, port] = process.argv.slice(2)
const options = { log: 'silent', timeout: 2000 }
if (dialect === 'b') options.legacy = { transport: false }

let counted = 0

Seneca(options)
  .use('entity')
  .add('role:math,cmd:sum', (msg, reply) => reply({ answer: msg.left + msg.right }))
  .add('role:echo', function (msg, reply, meta) {
    reply({ got: this.util.clean(msg), id: meta.id, custom: meta.custom, sync: meta.sync })
  })
  .add('role:fail,how:reply', (msg, reply) => {
    const error = new Error('boom from handler')
    error.code = 'E42'
    error.detail = { a: 1 }
    reply(error)
  })
  .add('role:fail,how:throw', () => {
    throw new Error('thrown in handler')
  })
  .add('role:fail,how:seneca', function () {
    this.fail('my_code', { x: 1 })
  })
  .add('role:shape,as:array', (msg, reply) => reply([1, { b: 2 }, 'c']))
  .add('role:shape,as:null', (msg, reply) => reply(null))
  .add('role:shape,as:entity', function (msg, reply) {
    reply(this.make('foo', { id: 'i1', x: 7 }))
  })
  .add('role:hang', () => {})
  .add('role:count,cmd:one', (msg, reply) => reply({ counted: ++counted, n: msg.n }))
  .add('role:count,cmd:all', (msg, reply) => reply({ counted }))
  .listen({ type: dialect === 'c' ? 'tcp' : 'web', host: '127.0.0.1', port: Number(port) })
  .ready(() => console.log('"ready"'))

process.stdin.on('end', () => process.exit(0)).resume()
