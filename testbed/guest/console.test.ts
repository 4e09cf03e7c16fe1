import {expect, test} from 'vitest'
import {examples, shown} from './console.ts'

test('commands and what is shown of them', () => {
  const page = 'Text\n```console\nguest# a | b\none\ntwo\nhost$ c\nguest# d\n```\n```sh\nguest# e\n```\n'
  expect(examples(page)).toEqual([
    {where: 'guest', command: 'a | b', output: 'one\ntwo'},
    {where: 'host', command: 'c', output: ''},
    {where: 'guest', command: 'd', output: ''},
  ])
})

test('an ellipsis is anything on one line, all else is itself', () => {
  expect('0000:21:00.0 (x)').toMatch(shown('0000:…:00.0 (x)'))
  expect('0000:21:00x0 (x)').not.toMatch(shown('0000:…:00.0 (x)'))
  expect('a\nb').not.toMatch(shown('a…b'))
})
