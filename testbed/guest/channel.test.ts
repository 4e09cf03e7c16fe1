import {once} from 'node:events'
import {type AddressInfo, connect, createServer, type Socket} from 'node:net'
import {expect, test} from 'vitest'
import {AnswerReader, Channel} from './channel.ts'

const stream = Buffer.from('ready 6.12.1\n1 0 5\none\n\n2 7 4\n2 0 3 0 0\nready 6.12.1\n')
const answers = [
  {ready: '6.12.1'},
  {id: 1, code: 0, output: 'one'},
  {id: 2, code: 7, output: '2 0 '},
  {id: 3, code: 0, output: ''},
  {ready: '6.12.1'},
]

test('answers come out whole, however the bytes are cut, and whatever a script says', () => {
  expect(new AnswerReader().push(stream)).toEqual(answers)
  const reader = new AnswerReader()
  expect([...stream].flatMap(byte => reader.push(Buffer.from([byte])))).toEqual(answers)
})

test('a script that takes the machine down is answered when it is up again, and the next one runs', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const channel = new Channel(connect((server.address() as AddressInfo).port, '127.0.0.1'))
  const [guest] = (await once(server, 'connection')) as [Socket]
  const cut = channel.run('reboot -f')
  const next = channel.run('true')
  await once(guest, 'data')
  guest.write('ready 6.12.1\n')
  expect(await cut).toEqual({output: 'the guest has started again', code: 255})
  await once(guest, 'data')
  guest.write('2 0 2\nok')
  expect(await next).toEqual({output: 'ok', code: 0})
  guest.destroy()
  server.close()
})
