import {expect, test} from 'vitest'
import {AnswerReader} from './channel.ts'

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
