// Reads patterns.json and messages.json; then, for every line with a number of milliseconds, finds for so long
// and prints the nanoseconds of processor time for one find.
'use strict'

const fs = require('node:fs')
const readline = require('node:readline')
const { Patrun } = require('patrun')

const patterns = JSON.parse(fs.readFileSync('patterns.json', 'utf8'))
const messages = JSON.parse(fs.readFileSync('messages.json', 'utf8'))

// Seneca always sets `gex`.
const router = new Patrun({ gex: true })
patterns.forEach((pattern, number) => router.add(pattern, number + 1))

let i = 0
let sum = 0

function slice(ms) {
  const end = performance.now() + ms
  const before = process.cpuUsage()
  let finds = 0
  while (performance.now() < end) {
    for (let n = 0; n < 64; n++) {
      // Each find waits for the one before, as in the other benchmarks.
      const found = router.find(messages[i]) | 0
      sum += found
      i = (i + 1 + (found & 0)) % messages.length
    }
    finds += 64
  }
  const used = process.cpuUsage(before)
  return ((used.user + used.system) * 1000) / finds
}

slice(200) // lets the compiler of node warm up

readline
  .createInterface({ input: process.stdin })
  .on('line', (line) => console.log(slice(Number(line))))
  .on('close', () => process.exit(sum < 0 ? 1 : 0))
