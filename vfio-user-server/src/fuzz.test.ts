import {setImmediate as turn} from 'node:timers/promises'
import {setFlagsFromString} from 'node:v8'
import {runInNewContext} from 'node:vm'
import {expect, test} from 'vitest'
import {registers} from '#lib/generated/device.ts'
import {loadPeer} from '../native/peer.ts'
import {nativeTransport} from '../native/transport.ts'
import {makeLog} from './log.ts'
import {command, flag, headerSize, message, readHeader, region} from './protocol.ts'
import {access, dmaMap, dmaUnmap, startServer, uint32} from './testing.ts'
import {FdClient, openFds} from './testing-fds.ts'

const seed = Number(process.env.FUZZ_SEED ?? 20261121)
const total = 200_000
const perConnection = 400

/** mulberry32: small, seeded, good enough to choose what to break. */
function generator(state: number) {
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return (t ^ (t >>> 14)) >>> 0
  }
  return {below: (n: number) => next() % n, chance: (percent: number) => next() % 100 < percent}
}
type Random = ReturnType<typeof generator>

const version = Buffer.from('\0\0\0\0{"capabilities":{"max_msg_fds":16}}\0')
const templates: readonly Buffer[] = [
  message(1, command.VERSION, version),
  message(2, command.DMA_MAP, dmaMap(0x1000n, 0x1000n)),
  message(3, command.DMA_UNMAP, dmaUnmap(0x1000n, 0x1000n)),
  message(4, command.DMA_UNMAP, dmaUnmap(0n, 0n, 2)),
  message(5, command.GET_INFO, uint32(16, 0, 0, 0)),
  message(6, command.GET_REGION_INFO, uint32(32, 0, 7, 0, 0, 0, 0, 0)),
  message(7, command.GET_IRQ_INFO, uint32(16, 0, 1, 0)),
  message(8, command.SET_IRQS, uint32(20, 0x24, 1, 0, 1)),
  message(9, command.REGION_READ, access(region.bar0, 0, 4)),
  message(10, command.REGION_READ, access(region.config, 0, 4096)),
  message(11, command.REGION_WRITE, Buffer.concat([access(region.config, 0x108, 4), uint32(9)])),
  message(12, command.REGION_WRITE, Buffer.concat([access(region.bar0, 0x100, 4), uint32(1)]), flag.noReply),
  message(13, command.RESET),
]
const interesting = [0, 1, 2, 4, 15, 16, 255, 256, 4095, 4096, 4097, 0x7fffffff, 0x80000000, 0xffffffff]

function fuzzed(random: Random): Buffer {
  const pick = <T>(list: readonly T[]) => list[random.below(list.length)] as T
  if (random.chance(15)) {
    const noise = Buffer.from(Array.from({length: headerSize + random.below(80)}, () => random.below(256)))
    if (random.chance(70)) noise.writeUInt32LE(noise.length, 4)
    return noise
  }
  let bytes = Buffer.from(pick(templates))
  for (let n = random.below(4); n > 0; n--) {
    const kind = random.below(4)
    if (kind === 0) bytes[random.below(bytes.length)] = random.below(256)
    else if (kind === 1) bytes.writeUInt32LE(pick(interesting), random.below(bytes.length >> 2) * 4)
    else if (kind === 2) bytes = Buffer.concat([bytes, Buffer.alloc(random.below(40), random.below(256))])
    else bytes = bytes.subarray(0, Math.max(headerSize, bytes.length - random.below(20)))
  }
  // Mostly of the size they say, or the first message would be the last one.
  if (random.chance(97)) bytes.writeUInt32LE(bytes.length, 4)
  return bytes
}

function collectGarbage(): number {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
  const {heapUsed, arrayBuffers} = process.memoryUsage()
  return heapUsed + arrayBuffers
}

test(`${total} broken messages with seed ${seed}: the server still serves, nothing piles up`, {
  timeout: 120_000,
}, async () => {
  const errors: string[] = []
  const server = await startServer({
    transport: await nativeTransport(),
    log: makeLog('error', line => errors.push(line)),
  })
  const peer = await loadPeer()
  const random = generator(seed)
  const own = [peer.memory(0x2000), peer.eventFd()]
  const into = Buffer.alloc(256 * 1024)
  let [sent, replies, connections] = [0, 0, 0]

  // Closed with something unread, a socket ends with an error.
  const receive = (socket: number) => {
    try {
      return peer.receive(socket, into)
    } catch {
      return 0
    }
  }
  /** What the server says must be replies, whatever it was told. */
  const read = (socket: number, rest: Buffer) => {
    const count = receive(socket)
    if (count <= 0) return {open: count < 0, rest}
    let bytes = Buffer.concat([rest, into.subarray(0, count)])
    for (; bytes.length >= headerSize; replies++) {
      const {size, flags} = readHeader(bytes)
      expect(flags & flag.typeMask).toBe(flag.reply)
      expect(size).toBeGreaterThanOrEqual(headerSize)
      if (bytes.length < size) break
      bytes = bytes.subarray(size)
    }
    return {open: true, rest: bytes}
  }
  const oneConnection = async (name: string) => {
    const socket = peer.connect(server.path(name))
    connections++
    if (random.chance(95)) peer.send(socket, templates[0] as Buffer, new Int32Array())
    let state = {open: true, rest: Buffer.alloc(0) as Buffer}
    for (let i = 0; i < perConnection && sent < total && state.open; i++, sent++) {
      const fds = random.chance(10)
        ? Array.from({length: 1 + random.below(4)}, () => own[random.below(2)] ?? 0)
        : []
      const bytes = fuzzed(random)
      try {
        if (peer.send(socket, bytes, Int32Array.from(fds)) < bytes.length) break
      } catch {
        break
      }
      if (random.chance(10)) {
        await turn()
        state = read(socket, state.rest)
      }
    }
    await turn()
    peer.close(socket)
    while (server.find(name)?.session) await turn()
  }

  const run = async (until: number) => {
    while (sent < until) await oneConnection(['pf0', 'pf0-vf0', 'pf0-vf1'][random.below(3)] as string)
    for (let i = 0; i < 10; i++) await turn()
  }
  await run(total / 4)
  const before = {fds: openFds(), memory: collectGarbage()}
  await run(total)
  expect(openFds()).toBe(before.fds)
  expect(collectGarbage() - before.memory).toBeLessThan(4 * 1024 * 1024)
  expect(errors).toEqual([])
  expect(replies).toBeGreaterThan(total / 10)
  expect(connections).toBeGreaterThan(100)
  const client = await FdClient.ready(server.path())
  const reply = await client.request(command.REGION_READ, access(0, 0, 4))
  expect(reply?.payload.readUInt32LE(16)).toBe(registers.DEVICE_ID.value)
  client.close()
  for (const fd of own) peer.close(fd)
  server.close()
})
