import {spawnSync} from 'node:child_process'
import {existsSync, readdirSync, readlinkSync, writeFileSync, writeSync} from 'node:fs'
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setImmediate as turn} from 'node:timers/promises'
import {afterAll, beforeAll, expect, test} from 'vitest'
import type {Connection, Listener, ReceivedFd} from '../src/transport.ts'
import {loadPeer, type Peer} from './peer.ts'
import {nativeTransport} from './transport.ts'

const none = new Int32Array()
const bytes = (text: string) => Buffer.from(text)
const openFds = () => readdirSync('/proc/self/fd').length

let peer: Peer
let folder: string
let paths = 0
const transport = await nativeTransport()

beforeAll(async () => {
  peer = await loadPeer()
  folder = await mkdtemp(join(tmpdir(), 'transport-'))
})
afterAll(() => rm(folder, {recursive: true, force: true}))

const freshPath = () => join(folder, `${++paths}.sock`)

/** Lets the event loop go round until it is so; a test's own time-out is the limit. */
async function until(so: () => boolean): Promise<void> {
  while (!so()) await turn()
}

type Chunk = {text: string; fds: ReceivedFd[]; truncated: boolean}
type Pair = {
  client: number
  connection: Connection
  listener: Listener
  chunks: Chunk[]
  ends: (Error | undefined)[]
}

/** A listener with one client; `answer` is called with each chunk. */
async function pair(answer: (connection: Connection, chunk: Buffer) => void = () => {}): Promise<Pair> {
  const chunks: Chunk[] = []
  const ends: (Error | undefined)[] = []
  let connection: Connection | undefined
  const listener = await transport.listen(freshPath(), accepted => {
    connection = accepted
    return {
      data(chunk, fds, truncated) {
        chunks.push({text: chunk.toString(), fds: [...fds], truncated})
        answer(accepted, chunk)
      },
      closed: error => ends.push(error),
    }
  })
  const client = peer.connect(listener.path)
  await until(() => connection !== undefined)
  return {client, connection: connection as unknown as Connection, listener, chunks, ends}
}

async function finish(one: Pair): Promise<void> {
  peer.close(one.client)
  await until(() => one.ends.length > 0)
  one.listener.close()
}

function receiveAll(client: number): string {
  const into = Buffer.alloc(1024 * 1024)
  let text = ''
  for (let n = peer.receive(client, into); n > 0; n = peer.receive(client, into))
    text += into.toString('latin1', 0, n)
  return text
}

test('bytes go both ways, and many messages come as one chunk', async () => {
  const one = await pair((connection, chunk) => connection.send(chunk))
  for (const text of ['one ', 'two ', 'three']) peer.send(one.client, bytes(text), none)
  await until(() => one.chunks.length > 0)
  expect(one.chunks.map(c => c.text)).toEqual(['one two three'])
  expect(receiveAll(one.client)).toBe('one two three')
  await finish(one)
  expect(one.ends).toEqual([undefined])
})

test('descriptors come with the last byte of the read that brought them, each close-on-exec', async () => {
  const before = openFds()
  const one = await pair()
  const [a, b] = [peer.memory(10), peer.memory(20)]
  peer.send(one.client, bytes('plain'), none)
  peer.send(one.client, bytes('two fds'), new Int32Array([a, b]))
  peer.send(one.client, bytes('later'), new Int32Array([a]))
  await until(() => one.chunks.length >= 2)
  expect(one.chunks.map(c => [c.text, c.fds.map(f => f.at), c.truncated])).toEqual([
    ['plaintwo fds', [11, 11], false],
    ['later', [4], false],
  ])
  const fds = one.chunks.flatMap(c => c.fds.map(f => f.fd))
  expect(new Set(fds).size).toBe(3)
  for (const fd of fds) {
    expect(readlinkSync(`/proc/self/fd/${fd}`)).toContain('memfd:guest')
    transport.closeFd(fd)
  }
  for (const fd of [a, b]) peer.close(fd)
  await finish(one)
  await until(() => openFds() <= before)
})

test('a client whose words nobody has read sees an end, not a reset', async () => {
  const before = openFds()
  const one = await pair()
  const memory = peer.memory(10)
  peer.send(one.client, bytes('unread'), new Int32Array([memory]))
  one.connection.destroy()
  expect(peer.receive(one.client, Buffer.alloc(16))).toBe(0)
  for (const fd of [one.client, memory]) peer.close(fd)
  one.listener.close()
  await until(() => openFds() <= before)
})

test('more descriptors than there is room for are closed, and it is told', async () => {
  const before = openFds()
  const one = await pair()
  const fd = peer.memory(1)
  peer.send(one.client, bytes('many'), new Int32Array(64).fill(fd))
  await until(() => one.chunks.length > 0)
  expect(one.chunks[0]).toMatchObject({text: 'many', truncated: true})
  expect(one.chunks[0]?.fds).toHaveLength(16)
  for (const {fd: got} of one.chunks[0]?.fds ?? []) transport.closeFd(got)
  peer.close(fd)
  await finish(one)
  await until(() => openFds() <= before)
})

test('a client that does not read loses nothing, and is not read from meanwhile', async () => {
  const large = Buffer.alloc(3 * 1024 * 1024, 'x')
  const one = await pair((connection, chunk) => {
    if (chunk.toString() === 'go') connection.send(large)
  })
  peer.send(one.client, bytes('go'), none)
  await until(() => one.connection.backlog > 0)
  large.fill('y')
  peer.send(one.client, bytes('more'), none)
  for (let i = 0; i < 20; i++) await turn()
  expect(one.chunks.map(c => c.text)).toEqual(['go'])
  let got = ''
  while (got.length < large.length) {
    got += receiveAll(one.client)
    await turn()
  }
  expect(got).toBe('x'.repeat(large.length))
  expect(one.connection.backlog).toBe(0)
  await until(() => one.chunks.length === 2)
  await finish(one)
})

test('end() lets what is queued go out first, and tells once', async () => {
  const size = 2 * 1024 * 1024
  const one = await pair()
  one.connection.send(Buffer.alloc(size, 'z'))
  one.connection.end()
  one.connection.send(bytes('too late'))
  let got = ''
  while (one.ends.length === 0) {
    got += receiveAll(one.client)
    await turn()
  }
  got += receiveAll(one.client)
  expect(got).toBe('z'.repeat(size))
  one.connection.destroy()
  await turn()
  expect(one.ends).toEqual([undefined])
  peer.close(one.client)
  one.listener.close()
})

test('destroy() within data() ends at once; nothing more is delivered or sent', async () => {
  const one = await pair(connection => {
    connection.send(bytes('last words'))
    connection.destroy()
    connection.send(bytes('nobody'))
  })
  peer.send(one.client, bytes('a'), none)
  peer.send(one.client, bytes('b'), none)
  await until(() => one.ends.length === 1)
  for (let i = 0; i < 5; i++) await turn()
  expect(one.chunks).toHaveLength(1)
  expect(receiveAll(one.client)).toBe('last words')
  peer.close(one.client)
  one.listener.close()
  expect(one.ends).toHaveLength(1)
})

test('a client that goes with unread replies ends its connection and no other', async () => {
  const [gone, stays] = [await pair(), await pair((connection, chunk) => connection.send(chunk))]
  gone.connection.send(Buffer.alloc(1024 * 1024))
  expect(gone.connection.backlog).toBeGreaterThan(0)
  await finish(gone)
  peer.send(stays.client, bytes('still here'), none)
  await until(() => stays.chunks.length > 0)
  expect(receiveAll(stays.client)).toBe('still here')
  await finish(stays)
})

test('a stale socket is replaced, a live one never, nor a file that is no socket', async () => {
  const one = await pair()
  await expect(transport.listen(one.listener.path, () => ({data() {}, closed() {}}))).rejects.toMatchObject({
    code: 'EADDRINUSE',
  })
  // The probe above is a client that comes and goes.
  const stale = freshPath()
  spawnSync(process.execPath, [
    '-e',
    `require('net').createServer().listen(${JSON.stringify(stale)}, () => process.kill(process.pid, 'SIGKILL'))`,
  ])
  expect(existsSync(stale)).toBe(true)
  const fresh = await transport.listen(stale, () => ({data() {}, closed() {}}))
  peer.close(peer.connect(stale))
  fresh.close()
  expect(existsSync(stale)).toBe(false)
  writeFileSync(stale, 'a file of somebody')
  await expect(transport.listen(stale, () => ({data() {}, closed() {}}))).rejects.toMatchObject({
    code: 'EADDRINUSE',
  })
  expect(existsSync(stale)).toBe(true)
  await finish(one)
  expect(existsSync(one.listener.path)).toBe(false)
})

test('a path that no socket can have is refused', async () => {
  const accept = () => ({data() {}, closed() {}})
  await expect(transport.listen(join(folder, 'x'.repeat(120)), accept)).rejects.toMatchObject({
    code: 'ENAMETOOLONG',
  })
  await expect(transport.listen(join(folder, 'nowhere/x.sock'), accept)).rejects.toMatchObject({
    code: 'ENOENT',
  })
})

test('an eventfd counts signals and never blocks, even when it is full', () => {
  const theirs = peer.eventFd()
  // As if it had been received: a number of its own for the same eventfd.
  const mine = peer.duplicate(theirs)
  const event = transport.eventFd(mine)
  event.signal()
  event.signal()
  expect(peer.eventCount(theirs)).toBe(2)
  const full = Buffer.alloc(8, 0xff)
  full[0] = 0xfe
  writeSync(theirs, full)
  event.signal()
  event.close()
  event.close()
  event.signal()
  peer.close(theirs)
})

test('what is no eventfd is refused and closed', () => {
  const before = openFds()
  expect(() => transport.eventFd(peer.memory(1))).toThrow(expect.objectContaining({code: 'EINVAL'}))
  expect(() => transport.eventFd(9999)).toThrow(expect.objectContaining({code: 'EBADF'}))
  expect(openFds()).toBe(before)
})

test('guest memory is read and written within its range only', () => {
  const file = peer.memory(8192)
  const mine = peer.duplicate(file)
  const memory = transport.memory(mine, 4096n, 4096n)
  memory.write(0n, bytes('guest'))
  const into = Buffer.alloc(5)
  memory.read(0n, into)
  expect(into.toString()).toBe('guest')
  expect(() => memory.read(4092n, into)).toThrow(RangeError)
  expect(() => memory.write(-1n, into)).toThrow(RangeError)
  peer.resize(file, 4096)
  expect(() => memory.read(0n, into)).toThrow(expect.objectContaining({code: 'EFAULT'}))
  expect(() => memory.write(0n, into)).toThrow(expect.objectContaining({code: 'EFAULT'}))
  memory.close()
  expect(() => memory.read(0n, into)).toThrow(expect.objectContaining({code: 'EBADF'}))
  peer.close(file)
})

test('memory past the end of the file, or no file at all, is refused and closed', () => {
  const before = openFds()
  for (const [offset, size] of [
    [0n, 8193n],
    [8192n, 1n],
    [1n << 63n, 1n],
    [4096n, (1n << 64n) - 1n],
    [-1n, 1n],
    [1n << 64n, 0n],
  ] as const)
    expect(() => transport.memory(peer.memory(8192), offset, size)).toThrow(
      expect.objectContaining({code: 'EINVAL'}),
    )
  expect(() => transport.memory(peer.eventFd(), 0n, 8n)).toThrow(expect.objectContaining({code: 'EINVAL'}))
  expect(openFds()).toBe(before)
})

test('10,000 messages with descriptors leave none open', async () => {
  const before = openFds()
  const one = await pair()
  const event = peer.eventFd()
  const fds = new Int32Array(8).fill(event)
  // The kernel slows a sender down that has thousands of descriptors on their way.
  for (let round = 0; round < 100; round++) {
    for (let i = 0; i < 100; i++) peer.send(one.client, bytes('m'), fds)
    await until(() => one.chunks.length === 100)
    for (const chunk of one.chunks.splice(0)) for (const {fd} of chunk.fds) transport.closeFd(fd)
  }
  peer.close(event)
  await finish(one)
  await until(() => openFds() <= before)
})

test('busy polling serves as well, and lets timers and other sockets have their turn', async () => {
  await nativeTransport({busyPollUs: 200})
  const [one, other] = [await pair((c, chunk) => c.send(chunk)), await pair((c, chunk) => c.send(chunk))]
  let ticks = 0
  const timer = setInterval(() => ticks++, 1)
  let received = 0
  for (let i = 0; i < 2000; i++) {
    peer.send(one.client, bytes('p'), none)
    if (i % 10 === 0) peer.send(other.client, bytes('q'), none)
    await turn()
    received += receiveAll(one.client).length
  }
  while (received < 2000) {
    await turn()
    received += receiveAll(one.client).length
  }
  await until(() => ticks > 0 && other.chunks.reduce((n, c) => n + c.text.length, 0) === 200)
  clearInterval(timer)
  await nativeTransport({busyPollUs: 0})
  await finish(one)
  await finish(other)
})

test('a process that exits leaves no socket behind', async () => {
  const path = freshPath()
  const script = `
    import {nativeTransport} from ${JSON.stringify(join(import.meta.dirname, 'transport.ts'))}
    import {existsSync} from 'node:fs'
    const t = await nativeTransport()
    await t.listen(${JSON.stringify(path)}, () => ({data() {}, closed() {}}))
    console.log(existsSync(${JSON.stringify(path)}))
    process.exit(0)`
  const done = spawnSync(process.execPath, ['--input-type=module', '-e', script])
  expect({out: done.stdout.toString(), error: done.stderr.toString(), code: done.status}).toEqual({
    out: 'true\n',
    error: '',
    code: 0,
  })
  expect(existsSync(path)).toBe(false)
})

test('a worker thread with open connections ends cleanly', async () => {
  const path = freshPath()
  const inside = `
    const {nativeTransport} = await import(${JSON.stringify(join(import.meta.dirname, 'transport.ts'))})
    const net = await import('node:net')
    const t = await nativeTransport({busyPollUs: 1000})
    await t.listen(${JSON.stringify(path)}, c => ({data(x) {c.send(x)}, closed() {}}))
    const client = net.connect(${JSON.stringify(path)}, () => client.write('x'))
    client.on('data', () => process.exit(0))`
  const script = `
    import {Worker} from 'node:worker_threads'
    for (let i = 0; i < 3; i++) {
      const worker = new Worker(${JSON.stringify(`(async () => {${inside}})()`)}, {eval: true})
      const code = await new Promise(resolve => worker.on('exit', resolve))
      console.log(code)
    }`
  const done = spawnSync(process.execPath, ['--input-type=module', '-e', script])
  expect({out: done.stdout.toString(), error: done.stderr.toString(), code: done.status}).toEqual({
    out: '0\n0\n0\n',
    error: '',
    code: 0,
  })
  expect(existsSync(path)).toBe(false)
})
