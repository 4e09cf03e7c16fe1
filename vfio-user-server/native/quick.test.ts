import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setImmediate as turn} from 'node:timers/promises'
import {afterAll, expect, test} from 'vitest'
import {loadPeer, type Peer} from './peer.ts'
import {nativeTransport} from './transport.ts'

const none = new Int32Array()
const bytes = (text: string) => Buffer.from(text)
const folder = mkdtempSync(join(tmpdir(), 'quick-'))
afterAll(() => rmSync(folder, {recursive: true}))

function receive(peer: Peer, client: number): string {
  const into = Buffer.alloc(4096)
  return into.toString('latin1', 0, Math.max(0, peer.receive(client, into)))
}

test('a small chunk is offered to quick() first, and goes to data() when that does nothing or throws', async () => {
  const whole: string[] = []
  let told = 0
  const transport = await nativeTransport()
  const peer = await loadPeer()
  const listener = await transport.listen(join(folder, 'quick.sock'), connection => ({
    data(chunk, fds) {
      for (const {fd} of fds) transport.closeFd(fd)
      whole.push(chunk.toString())
      connection.send(bytes('slow.'))
    },
    quick(chunk, {bytes: reply}) {
      if (chunk.toString() === 'throw') throw new Error('not so quick')
      if (chunk.toString() === 'tell') {
        told++
        return 0
      }
      return chunk.toString() === 'ask' ? reply.write('quick.') : -1
    },
    closed() {},
  }))
  const client = peer.connect(listener.path)
  let text = ''
  const say = async (words: string, fds = none) => {
    const [before, calls] = [text.length, told]
    peer.send(client, bytes(words), fds)
    do {
      await turn()
      text += receive(peer, client)
    } while (text.length === before && told === calls)
  }
  for (const words of ['ask', 'tell', 'ask', 'throw', 'else', 'x'.repeat(37)]) await say(words)
  expect(text).toBe('quick.quick.slow.slow.slow.')
  const fd = peer.memory(10)
  await say('ask', new Int32Array([fd]))
  expect(whole).toEqual(['throw', 'else', 'x'.repeat(37), 'ask'])
  for (const one of [fd, client]) peer.close(one)
  listener.close()
})
