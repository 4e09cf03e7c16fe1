import {setImmediate as turn} from 'node:timers/promises'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {registers as r} from '#lib/generated/device.ts'
import {nativeTransport} from '../native/transport.ts'
import {command, errno, message} from './protocol.ts'
import {access, dmaMap, dmaUnmap, startServer, type TestServer, uint32} from './testing.ts'
import {FdClient, openFds} from './testing-fds.ts'

let server: TestServer
let client: FdClient
let mine: number[] = []

beforeEach(async () => {
  server = await startServer({transport: await nativeTransport()})
  client = await FdClient.ready(server.path())
  mine = []
})
afterEach(() => {
  for (const fd of mine) client.peer.close(fd)
  client.close()
  server.close()
})

const own = (fd: number) => {
  mine.push(fd)
  return fd
}
const memory = (size: number) => own(client.peer.memory(size))
const eventFd = () => own(client.peer.eventFd())
const setMsi = (fds: number[], count = 1) =>
  client.request(command.SET_IRQS, uint32(20, 0x24, 1, 0, count), fds)
const write32 = (offset: number, value: number) =>
  client.request(command.REGION_WRITE, Buffer.concat([access(0, offset, 4), uint32(value)]))
/** Until the server has done what it was told and what follows from it. */
const settled = async () => {
  for (let i = 0; i < 3; i++) await client.request(command.GET_INFO, uint32(16, 0, 0, 0))
}

test('the end of a passphrase and a change of health raise the interrupt', async () => {
  const fd = eventFd()
  expect((await setMsi([fd]))?.error).toBe(0)
  await write32(r.PASSPHRASE_CMD.offset, 1)
  await settled()
  expect(client.peer.eventCount(fd)).toBe(1)
  const served = server.find('pf0')
  if (served) served.function.registers.health = 1
  if (served) served.function.registers.health = 1
  expect(client.peer.eventCount(fd)).toBe(1)
  expect(served?.stats.interrupts).toBe(2)
})

test('a client that goes with words still under way and answers unread makes room for the next', async () => {
  // A peer that closes with something unread leaves an error on our socket, before what it has sent.
  client.send(message(1, command.GET_INFO, uint32(16, 0, 0, 0)))
  await turn()
  await turn()
  for (let i = 0; i < 8; i++)
    client.send(
      message(i, command.REGION_WRITE, Buffer.concat([access(0, r.STATUS.offset, 4), uint32(1)]), 0x10),
    )
  client.close()
  while (server.find('pf0')?.session) await turn()
  client = await FdClient.ready(server.path())
  expect(server.find('pf0')?.stats.connections).toBe(2)
})

test('interrupts are taken away by none, by another eventfd, and with the client', async () => {
  const before = openFds()
  const [first, second] = [eventFd(), eventFd()]
  await setMsi([first])
  await setMsi([second])
  await client.request(command.SET_IRQS, uint32(20, 0x21, 1, 0, 1))
  expect(client.peer.eventCount(first)).toBe(0)
  expect(client.peer.eventCount(second)).toBe(1)
  expect(openFds()).toBe(before + 3)
  await setMsi([])
  expect(openFds()).toBe(before + 2)
  await setMsi([second])
  await client.request(command.SET_IRQS, uint32(20, 0x21, 1, 0, 0))
  expect(openFds()).toBe(before + 2)
})

test('an interrupt survives a device reset', async () => {
  const fd = eventFd()
  await setMsi([fd])
  await client.request(command.RESET)
  await write32(r.PASSPHRASE_CMD.offset, 1)
  await settled()
  expect(client.peer.eventCount(fd)).toBe(1)
})

test('what is no eventfd, and what does not fit the count, is refused and closed', async () => {
  const fd = eventFd()
  const before = openFds()
  expect((await setMsi([memory(4096)]))?.error).toBe(errno.EINVAL)
  expect((await setMsi([fd, fd]))?.error).toBe(errno.EINVAL)
  expect((await setMsi([fd], 0))?.error).toBe(errno.EINVAL)
  expect((await client.request(command.SET_IRQS, uint32(20, 0x21, 1, 0, 1), [fd]))?.error).toBe(errno.EINVAL)
  expect(openFds()).toBe(before + 1)
})

test('memory with a descriptor: inside the file only, and never twice', async () => {
  const fd = memory(0x4000)
  const before = openFds()
  const map = async (iova: bigint, size: bigint, offset = 0n, fds = [fd]) =>
    (await client.request(command.DMA_MAP, dmaMap(iova, size, 3, offset), fds))?.error
  expect(await map(0n, 0x4000n)).toBe(0)
  expect(await map(0x10000n, 0x1000n, 0x3000n)).toBe(0)
  for (const [iova, size, offset] of [
    [0x20000n, 0x4001n, 0n],
    [0x20000n, 0x1000n, 0x3001n],
    [0x20000n, 0x1000n, 0x4000n],
    [0x20000n, 0x1000n, 2n ** 63n],
    [0x20000n, 2n ** 62n, 0n],
    [0x3000n, 0x2000n, 0n],
    [0n, 0x4000n, 0n],
  ] as const)
    expect(await map(iova, size, offset)).toBe(errno.EINVAL)
  expect(await map(0x20000n, 0x1000n, 0n, [fd, fd])).toBe(errno.EINVAL)
  expect(await map(0x20000n, 0x1000n, 0n, [eventFd()])).toBe(errno.EINVAL)
  expect(openFds()).toBe(before + 3)
  expect((await client.request(command.DMA_UNMAP, dmaUnmap(0n, 0x4000n)))?.error).toBe(0)
  expect(openFds()).toBe(before + 2)
  expect((await client.request(command.DMA_UNMAP, dmaUnmap(0n, 0n, 2)))?.error).toBe(0)
  expect(openFds()).toBe(before + 1)
})

test('memory that shrinks under a mapping is an error, never a signal', async () => {
  const fd = memory(0x4000)
  await client.request(command.DMA_MAP, dmaMap(0n, 0x4000n), [fd])
  client.peer.resize(fd, 0x1000)
  const mapped = server.find('pf0')?.session?.dma.mappings[0]?.memory
  expect(() => mapped?.read(0x2000n, Buffer.alloc(16))).toThrow()
  const bytes = Buffer.alloc(4, 0xff)
  mapped?.read(0n, bytes)
  expect(bytes).toEqual(Buffer.alloc(4))
})

test('descriptors belong to the message they came with, also behind others in one piece', async () => {
  const fd = eventFd()
  const read = message(1, command.REGION_READ, access(0, 0, 4))
  const set = message(2, command.SET_IRQS, uint32(20, 0x24, 1, 0, 1))
  for (let i = 0; i < 5; i++) client.send(read)
  client.send(set, [fd])
  client.send(read)
  for (const id of [1, 1, 1, 1, 1, 2, 1]) expect(await client.reply()).toMatchObject({id, error: 0})
  client.send(set.subarray(0, 5), [fd])
  await turn()
  client.send(set.subarray(5))
  expect(await client.reply()).toMatchObject({id: 2, error: 0})
})

test('descriptors with a command that takes none are refused and closed', async () => {
  const fd = memory(4096)
  const before = openFds()
  const many = Array.from({length: 64}, () => fd)
  for (const one of [command.RESET, command.GET_INFO, command.DMA_UNMAP, 99])
    expect((await client.request(one, uint32(16, 0, 0, 0), [fd]))?.error).toBe(errno.EINVAL)
  for (let i = 0; i < 2000; i++)
    expect((await client.request(command.RESET, undefined, many))?.error).toBe(errno.EINVAL)
  expect(openFds()).toBe(before)
  expect(await client.request(command.REGION_READ, access(0, 0, 4))).toMatchObject({error: 0})
})

test('whatever a client held is let go with it, also what it had half sent', async () => {
  const fd = memory(0x10000)
  const before = openFds()
  for (let round = 0; round < 20; round++) {
    for (let i = 0n; i < 16n; i++)
      await client.request(command.DMA_MAP, dmaMap(i * 0x1000n, 0x1000n, 3, i * 0x1000n), [fd])
    await setMsi([fd])
    client.send(message(1, command.DMA_MAP, dmaMap(0x100000n, 0x1000n)).subarray(0, 20), [fd, fd])
    client.close()
    client = await FdClient.ready(server.path())
  }
  expect(openFds()).toBe(before)
  expect(server.find('pf0')?.session?.dma.size).toBe(0)
})

test('descriptors with a bad size are closed too', async () => {
  const fd = memory(4096)
  const before = openFds()
  for (let i = 0; i < 20; i++) {
    const bad = message(1, command.RESET)
    bad.writeUInt32LE(i % 2 ? 3 : 0xffffffff, 4)
    client.send(bad, [fd, fd, fd])
    expect(await client.reply()).toMatchObject({error: errno.EINVAL})
    expect(await client.reply()).toBeUndefined()
    client.close()
    client = await FdClient.ready(server.path())
  }
  expect(openFds()).toBe(before)
})
