// A Seneca that answers over its TCP transport: node server.js. It says its port when it listens, and ends with its input.
const net = require('net')
const Seneca = require('seneca')

// Seneca does not say which port it got, so a free one is looked for.
const probe = net.createServer().listen(0, '127.0.0.1', () => {
  const { port } = probe.address()
  probe.close(() => {
    Seneca({ log: 'silent' })
      .add('role:cart,cmd:add', (msg, reply) => {
        reply({ total: Math.round(msg.qty * msg.price * 100) / 100, lines: 1 })
      })
      .listen({ type: 'tcp', host: '127.0.0.1', port })
      .ready(() => console.log(port))
  })
})

process.stdin.on('end', () => process.exit(0)).resume()
