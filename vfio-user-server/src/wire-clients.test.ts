import {writeFileSync} from 'node:fs'
import {afterEach, describe, expect, test} from 'vitest'
import {registers} from '#lib/generated/device.ts'
import {makeLog} from './log.ts'
import {command, errno, message} from './protocol.ts'
import {access, startServer, type TestServer, transports, WireClient} from './testing.ts'

const magic = registers.DEVICE_ID.value
const r = registers

describe.each(transports)('over the $name transport', ({transport}) => {
  let server: TestServer
  afterEach(() => server.close())
  const start = async (partialTimeoutMs = 60_000) => {
    server = await startServer({transport, partialTimeoutMs})
    return WireClient.ready(server.path())
  }

  test('a client may go at any moment, and the next one finds the device reset', async () => {
    let client = await start()
    const whole = message(1, command.REGION_READ, access(0, 0, 4))
    for (const part of [0, 3, 16, 20, whole.length]) {
      await client.write32(r.STATUS.offset, 1)
      client.write(whole.subarray(0, part))
      await client.end()
      // The server hears of the end a little later: until then a new client is refused.
      for (let tries = 0; ; tries++) {
        client = await WireClient.connect(server.path())
        if ((await client.version())?.error === 0) break
        expect(tries).toBeLessThan(100)
      }
      expect(await client.read32(r.STATUS.offset)).toBe(0)
    }
  })

  test('a message that stays incomplete ends the connection, and so does silence', async () => {
    server = await startServer({transport, partialTimeoutMs: 50})
    for (const part of [Buffer.alloc(0), message(1, command.VERSION).subarray(0, 3)]) {
      const client = await WireClient.connect(server.path())
      if (part.length > 0) client.write(part)
      await client.closed
    }
    const client = await WireClient.ready(server.path())
    client.write(message(1, command.REGION_READ, access(0, 0, 4)).subarray(0, 16))
    await client.closed
    const calm = await WireClient.ready(server.path())
    await new Promise(resolve => setTimeout(resolve, 150))
    expect(await calm.read32(0)).toBe(magic)
  })

  test('a second client is refused at once, with EBUSY', async () => {
    const client = await start()
    const second = await WireClient.connect(server.path())
    expect(await second.version()).toMatchObject({command: command.VERSION, flags: 0x21, error: errno.EBUSY})
    await second.closed
    expect(await client.read32(0)).toBe(magic)
  })

  test('clients that only connect keep nobody out, and the oldest of too many go', async () => {
    server = await startServer({transport})
    const mute: WireClient[] = []
    for (let i = 0; i < 20; i++) mute.push(await WireClient.connect(server.path()))
    expect(await (await WireClient.ready(server.path())).read32(0)).toBe(magic)
    await Promise.all(mute.slice(0, 12).map(one => one.closed))
    expect((await mute.at(-1)?.version())?.error).toBe(errno.EBUSY)
  })

  test('a client that does not read neither blocks another function nor fills the memory', async () => {
    server = await startServer({transport, backlogLimit: 256 * 1024})
    const slow = await WireClient.ready(server.path())
    slow.socket.pause()
    const many = Buffer.concat(
      Array.from({length: 200}, (_, id) => message(id, command.REGION_READ, access(0, 0, 4096))),
    )
    const other = await WireClient.ready(server.path('pf0-vf0'))
    let gone = false
    slow.closed.then(() => {
      gone = true
    })
    while (server.find('pf0')?.session && !gone) {
      slow.write(many)
      expect(await other.read(0, 0, 4)).toHaveLength(4)
    }
    slow.socket.resume()
    await slow.closed
  })

  test('a mistake of ours ends one connection, is told, and leaves the others alone', async () => {
    const lines: string[] = []
    server = await startServer({transport, log: makeLog('error', line => lines.push(line))})
    const [client, other] = [
      await WireClient.ready(server.path()),
      await WireClient.ready(server.path('pf0-vf0')),
    ]
    const served = server.find('pf0')?.function
    if (served)
      served.read = () => {
        throw new Error('a mistake')
      }
    expect(await client.read(0, 0, 4)).toBe(-1)
    await client.closed
    expect(await other.read(0, 0, 4)).toHaveLength(4)
    expect(lines.map(line => JSON.parse(line))).toMatchObject([
      {
        level: 'error',
        message: 'internal error',
        function: 'pf0',
        stack: expect.stringContaining('a mistake'),
      },
    ])
  })

  test('a stale socket file is replaced, a live one and other files are not touched', async () => {
    server = await startServer({transport})
    const path = server.path()
    await expect(transport.listen(path, () => ({data: () => {}, closed: () => {}}))).rejects.toMatchObject({
      code: 'EADDRINUSE',
    })
    expect(await (await WireClient.ready(path)).read32(0)).toBe(magic)
    writeFileSync(`${path}.txt`, 'precious')
    await expect(
      transport.listen(`${path}.txt`, () => ({data: () => {}, closed: () => {}})),
    ).rejects.toMatchObject({code: 'EADDRINUSE'})
  })
})
