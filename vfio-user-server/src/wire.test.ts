import {afterEach, describe, expect, test} from 'vitest'
import {enums, registers} from '#lib/generated/device.ts'
import {command, errno, flag, headerSize, maxMessageSize, message, region} from './protocol.ts'
import {
  access,
  dmaMap,
  dmaUnmap,
  startServer,
  type TestServer,
  transports,
  uint32,
  WireClient,
} from './testing.ts'

const magic = registers.DEVICE_ID.value
const r = registers

describe.each(transports)('over the $name transport', ({transport}) => {
  let server: TestServer
  afterEach(() => server.close())
  const start = async (partialTimeoutMs = 60_000) => {
    server = await startServer({transport, partialTimeoutMs})
    return WireClient.ready(server.path())
  }

  test('the start-up of QEMU, message for message', async () => {
    const client = await start()
    const info = await client.request(command.GET_INFO, uint32(16, 0, 0, 0))
    expect(info?.payload).toEqual(uint32(16, 3, 9, 5))
    const regions = []
    for (const index of [0, 1, 2, 3, 4, 5, 6, 7, 8])
      regions.push(
        (await client.request(command.GET_REGION_INFO, uint32(32, 0, index, 0, 0, 0, 0, 0)))?.payload,
      )
    const none = (index: number) => uint32(32, 0, index, 0, 0, 0, 0, 0)
    expect(regions).toEqual([
      uint32(32, 3, 0, 0, 4096, 0, 0, 0),
      ...[1, 2, 3, 4, 5, 6].map(none),
      uint32(32, 3, 7, 0, 4096, 0, 0, 0),
      none(8),
    ])
    const irqs = []
    for (const index of [0, 1, 2, 3, 4])
      irqs.push((await client.request(command.GET_IRQ_INFO, uint32(16, 0, index, 0)))?.payload)
    expect(irqs).toEqual([
      uint32(16, 0, 0, 0),
      uint32(16, 9, 1, 1),
      uint32(16, 0, 2, 0),
      uint32(16, 9, 3, 1),
      uint32(16, 0, 4, 0),
    ])
    const config = (await client.read(region.config, 0, 4096)) as Buffer
    expect(config.readUInt16LE(0)).toBe(0x1de5)
    expect(config.subarray(0x100).every(byte => byte === 0)).toBe(true)
    expect(await client.read32(0x100, region.config)).toBe(0x00010010)
    expect(await client.request(command.RESET)).toMatchObject({flags: flag.reply, size: headerSize, error: 0})
    for (let at = 0x10; at <= 0x24; at += 4) expect(await client.write32(at, 0, region.config)).toBe(0)
    expect(await client.read32(r.DEVICE_ID.offset)).toBe(magic)
  })

  test('a reply copies id and command, and says what was asked', async () => {
    const client = await start()
    client.write(message(0xbeef, command.REGION_READ, access(0, 0, 4)))
    const reply = await client.reply(0xbeef)
    expect(reply).toMatchObject({id: 0xbeef, command: command.REGION_READ, size: 36, flags: 1, error: 0})
    expect(reply?.payload).toEqual(Buffer.concat([access(0, 0, 4), uint32(magic)]))
    const write = await client.request(command.REGION_WRITE, Buffer.concat([access(0, 0x2c, 4), uint32(1)]))
    expect(write).toMatchObject({size: 32})
    expect(write?.payload).toEqual(access(0, 0x2c, 4))
  })

  test('requests in one piece, byte by byte, and cut anywhere', async () => {
    const client = await start()
    const all = Buffer.concat(
      [1, 2, 3, 4].map(id => message(100 + id, command.REGION_READ, access(0, id * 4 - 4, id === 4 ? 1 : 4))),
    )
    client.write(all)
    for (const id of [101, 102, 103, 104]) expect((await client.reply(id))?.error).toBe(0)
    for (const byte of all) {
      client.write(Buffer.of(byte))
      await new Promise(resolve => setImmediate(resolve))
    }
    for (const id of [101, 102, 103, 104]) expect((await client.reply(id))?.error).toBe(0)
    for (let cut = 1; cut < all.length; cut += 7) {
      client.write(all.subarray(0, cut))
      await new Promise(resolve => setImmediate(resolve))
      client.write(all.subarray(cut))
      for (const id of [101, 102, 103, 104]) expect((await client.reply(id))?.error).toBe(0)
    }
  })

  test('posted writes are done and never answered', async () => {
    const client = await start()
    const posted = (offset: number, value: number) =>
      client.write(
        message(7, command.REGION_WRITE, Buffer.concat([access(0, offset, 4), uint32(value)]), flag.noReply),
      )
    posted(r.STATUS.offset, 1)
    posted(0xfffff000, 1)
    expect(await client.read32(r.STATUS.offset)).toBe(1)
    expect(client.replies).toEqual([])
    expect(server.find('pf0')?.stats.postedFailures).toBe(1)
  })

  test.each([
    ['too short', 15],
    ['zero', 0],
    ['too long', maxMessageSize + 1],
    ['4 GiB', 0xffffffff],
  ])('a size that is %s is answered with EINVAL, then closed', async (_, size) => {
    const client = await start()
    const bytes = message(9, command.RESET)
    bytes.writeUInt32LE(size, 4)
    client.write(bytes)
    expect(await client.reply(9)).toMatchObject({
      command: command.RESET,
      flags: 0x21,
      error: errno.EINVAL,
      size: 16,
    })
    await client.closed
  })

  test('unknown commands are refused with their bodies, and the next message is fine', async () => {
    const client = await start()
    for (const unknown of [0, 16, 999, 0xffff])
      expect((await client.request(unknown, Buffer.alloc(100)))?.error).toBe(errno.EINVAL)
    for (const absent of [command.GET_REGION_IO_FDS, command.DIRTY_PAGES, command.REGION_WRITE_MULTI])
      expect((await client.request(absent, Buffer.alloc(100)))?.error).toBe(errno.EOPNOTSUPP)
    expect(await client.read32(0)).toBe(magic)
  })

  test('DMA by messages goes the other way: from a client it is refused', async () => {
    const client = await start()
    await client.request(command.DMA_MAP, dmaMap(0x1000n, 0x1000n))
    for (const [one, data] of [
      [command.DMA_READ, 0],
      [command.DMA_WRITE, 16],
    ] as const) {
      const payload = Buffer.alloc(16 + data)
      payload.writeBigUInt64LE(0x1000n, 0)
      payload.writeBigUInt64LE(16n, 8)
      const reply = await client.request(one, payload)
      expect(reply).toMatchObject({command: one, flags: 0x21, error: errno.EINVAL, size: headerSize})
    }
    client.write(message(8, command.DMA_WRITE, Buffer.alloc(32), flag.noReply))
    expect(await client.read32(0)).toBe(magic)
    expect(client.replies).toEqual([])
  })

  test('replies that nobody asked for are not answered', async () => {
    const client = await start()
    client.write(message(1, command.DMA_READ, Buffer.alloc(32), flag.reply))
    client.write(message(2, command.REGION_READ, access(0, 0, 4), flag.reply | flag.error))
    expect(await client.read32(0)).toBe(magic)
    expect(client.replies).toEqual([])
    expect((await client.request(command.RESET, undefined, 5))?.error).toBe(errno.EINVAL)
  })

  test('nothing is served before VERSION, and VERSION only once', async () => {
    await start().then(client => client.end())
    const early = await WireClient.connect(server.path('pf0-vf0'))
    expect((await early.request(command.GET_INFO, uint32(16, 0, 0, 0)))?.error).toBe(errno.EINVAL)
    await early.closed
    const twice = await WireClient.ready(server.path('pf0-vf1'))
    expect((await twice.version())?.error).toBe(errno.EINVAL)
    await twice.closed
  })

  test.each([
    ['another major version', Buffer.from([1, 0, 0, 0])],
    ['no version', Buffer.from([0, 0])],
    ['no NUL', Buffer.from('\0\0\0\0{}')],
    ['no JSON', Buffer.from('\0\0\0\0{\0')],
    ['no object', Buffer.from('\0\0\0\0[]\0')],
    ['not UTF-8', Buffer.concat([Buffer.from('\0\0\0\0{"a":"'), Buffer.of(0xff), Buffer.from('"}\0')])],
    ['a number as text', Buffer.from('\0\0\0\0{"capabilities":{"max_msg_fds":"1"}}\0')],
  ])('VERSION with %s is refused', async (_, payload) => {
    server = await startServer({transport})
    const client = await WireClient.connect(server.path())
    expect((await client.request(command.VERSION, payload))?.error).toBe(errno.EINVAL)
    await client.closed
  })

  test('the lower minor version is answered, with our limits', async () => {
    server = await startServer({transport})
    for (const [name, theirs, answer] of [
      ['pf0', 0, 0],
      ['pf0-vf0', 1, 1],
      ['pf0-vf1', 7, 1],
    ] as const) {
      const client = await WireClient.connect(server.path(name))
      const {payload} = (await client.version('{"capabilities":{"unknown":[1]}}', theirs)) ?? {}
      expect(payload?.readUInt32LE()).toBe(answer << 16)
      expect(payload?.subarray(4).toString()).toBe(
        '{"capabilities":{"max_msg_fds":8,"max_data_xfer_size":1048576}}\0',
      )
    }
  })

  test.each([
    ['beyond the end', 0, 4093n, 4],
    ['at the end', 0, 4096n, 1],
    ['near 2^64', 0, 2n ** 64n - 2n, 4],
    ['beyond 2^32', 0, 2n ** 32n, 4],
    ['of nothing', 0, 0n, 0],
    ['of 2 GiB', 0, 0n, 0x7fffffff],
    ['of 4 GiB', 7, 1n, 0xffffffff],
    ['of a BAR that is not there', 1, 0n, 4],
    ['of the ROM', 6, 0n, 4],
    ['of an unknown region', 9, 0n, 4],
    ['of region 2^32-1', 0xffffffff, 0n, 4],
  ])('an access %s is refused', async (_, index, offset, count) => {
    const client = await start()
    const payload = access(index, offset, count)
    expect((await client.request(command.REGION_READ, payload))?.error).toBe(errno.EINVAL)
    const data = Buffer.alloc(Math.min(count, 16))
    expect((await client.request(command.REGION_WRITE, Buffer.concat([payload, data])))?.error).toBe(
      errno.EINVAL,
    )
    expect(await client.read32(0)).toBe(magic)
  })

  test('payloads that are too short, or too long, are refused', async () => {
    const client = await start()
    const all = [2, 3, 4, 5, 7, 8, 9, 10]
    for (const one of all) expect((await client.request(one, Buffer.alloc(3)))?.error).toBe(errno.EINVAL)
    const write = Buffer.concat([access(0, 0x2c, 4), uint32(1, 1)])
    expect((await client.request(command.REGION_WRITE, write))?.error).toBe(errno.EINVAL)
    expect((await client.request(command.REGION_WRITE, write.subarray(0, 18)))?.error).toBe(errno.EINVAL)
    expect(await client.read32(r.STATUS.offset)).toBe(0)
    for (const [one, room] of [
      [command.GET_INFO, 12],
      [command.GET_REGION_INFO, 16],
      [command.GET_IRQ_INFO, 0],
    ] as const)
      expect((await client.request(one, uint32(room, 0, 0, 0, 0, 0, 0, 0)))?.error).toBe(errno.EINVAL)
    expect((await client.request(command.GET_REGION_INFO, uint32(32, 0, 9, 0, 0, 0, 0, 0)))?.error).toBe(22)
    expect((await client.request(command.GET_IRQ_INFO, uint32(16, 0, 5, 0)))?.error).toBe(22)
  })

  test('DMA maps without a descriptor: ranges, overlaps, unmapping', async () => {
    const client = await start()
    const map = async (iova: bigint, size: bigint, flags = 3, offset = 0n) =>
      (await client.request(command.DMA_MAP, dmaMap(iova, size, flags, offset)))?.error
    const unmap = async (iova: bigint, size: bigint, flags = 0) =>
      (await client.request(command.DMA_UNMAP, dmaUnmap(iova, size, flags)))?.error
    expect(await map(0x1000n, 0x1000n)).toBe(0)
    expect(await map(0x3000n, 0x1000n, 1)).toBe(0)
    expect(await map(0x2000n, 0x1000n)).toBe(0)
    for (const [iova, size] of [
      [0x1000n, 0x1000n],
      [0x1800n, 0x100n],
      [0n, 0x1001n],
      [0x3fffn, 1n],
      [0n, 0x10000n],
    ] as const)
      expect(await map(iova, size)).toBe(errno.EINVAL)
    expect(await map(0x9000n, 0n)).toBe(errno.EINVAL)
    expect(await map(2n ** 64n - 1n, 2n)).toBe(errno.EINVAL)
    expect(await map(0x9000n, 0x1000n, 3, 2n ** 64n - 1n)).toBe(errno.EINVAL)
    expect(await map(0x9000n, 0x1000n, 8)).toBe(errno.EINVAL)
    expect(await map(2n ** 64n - 0x1000n, 0x1000n)).toBe(0)
    expect(await unmap(0x5000n, 0x1000n)).toBe(errno.EINVAL)
    expect(await unmap(0x1000n, 0x800n)).toBe(errno.EINVAL)
    expect(await unmap(0x1000n, 0n)).toBe(errno.EINVAL)
    expect(await unmap(0x1000n, 0x1000n, 1)).toBe(errno.EINVAL)
    const reply = await client.request(command.DMA_UNMAP, dmaUnmap(0x1000n, 0x1000n))
    expect(reply).toMatchObject({size: 40, error: 0})
    expect(reply?.payload).toEqual(dmaUnmap(0x1000n, 0x1000n))
    expect(await unmap(0x1000n, 0x1000n)).toBe(errno.EINVAL)
    expect(server.find('pf0')?.session?.dma.size).toBe(3)
    expect(await unmap(0n, 1n, 2)).toBe(errno.EINVAL)
    expect(await unmap(0n, 0n, 2)).toBe(0)
    expect(server.find('pf0')?.session?.dma.size).toBe(0)
  })

  test('SET_IRQS takes what the interrupts have', async () => {
    const client = await start()
    const set = async (flags: number, index: number, first: number, count: number, data: number[] = []) =>
      (
        await client.request(
          command.SET_IRQS,
          Buffer.concat([uint32(20 + data.length, flags, index, first, count), Buffer.from(data)]),
        )
      )?.error
    expect(await set(0x24, 1, 0, 1)).toBe(0)
    expect(await set(0x21, 1, 0, 0)).toBe(0)
    expect(await set(0x21, 1, 0, 1)).toBe(0)
    expect(await set(0x22, 1, 0, 1, [1])).toBe(0)
    for (const bad of [
      [0x22, 1, 0, 1, []],
      [0x24, 1, 0, 2, []],
      [0x24, 1, 0xffffffff, 2, []],
      [0x24, 2, 0, 1, []],
      [0x24, 5, 0, 1, []],
      [0x09, 1, 0, 1, []],
      [0x3f, 1, 0, 1, []],
      [0x20, 1, 0, 1, []],
      [0x124, 1, 0, 1, []],
    ] as const)
      expect(await set(bad[0], bad[1], bad[2], bad[3], [...bad[4]])).toBe(errno.EINVAL)
  })

  test('a passphrase, asked for by posted writes', async () => {
    const client = await start()
    await client.write32(r.PASSPHRASE_LENGTH.offset, 12)
    await client.write32(r.PASSPHRASE_CMD.offset, enums.PASSPHRASE_CMD.generate)
    while ((await client.read32(r.PASSPHRASE_STATUS.offset)) !== enums.PASSPHRASE_STATUS.ready);
    const text = (await client.read(0, r.PASSPHRASE_BUFFER.offset, 256)) as Buffer
    expect(text.toString('latin1').replace(/\0+$/, '')).toMatch(/^[a-z]{3,8}(-[a-z]{3,8}){11}$/)
    expect(await client.read32(r.PASSPHRASE_COUNT.offset)).toBe(1)
  })
})
