import {expect, test} from 'vitest'
import {fail} from '#lib/diagnostics.ts'
import {PackageUnavailable} from '../effects/npm-package.ts'
import {incomplete, withoutUnavailable} from './incomplete.ts'

const missing = (name: string) =>
  new PackageUnavailable({name, version: '1.0.0', integrity: 'sha512-'}, '404')

test('a work is done again without each package that can not be had', async () => {
  const asked: string[][] = []
  const made = await withoutUnavailable(async unavailable => {
    asked.push([...unavailable.keys()])
    if (!unavailable.has('a')) throw missing('a')
    if (!unavailable.has('b')) throw missing('b')
    return [...unavailable.values()]
  })
  expect(made).toEqual(["npm can't fetch a 1.0.0: 404", "npm can't fetch b 1.0.0: 404"])
  expect(asked).toEqual([[], ['a'], ['a', 'b']])
})

test('a package that is missed although it was left out, and any other problem, end it', async () => {
  await expect(withoutUnavailable(() => Promise.reject(missing('a')))).rejects.toThrow('E030')
  const tampered = async () => fail({code: 'E031', message: 'other bytes'}, 3)
  await expect(withoutUnavailable(tampered)).rejects.toThrow('E031')
})

test('what is left out is told with the reason and the next step', () => {
  const because = "npm can't fetch it: 404"
  const leftOut = ['a program', 'an image'].map(title => ({id: title, title, because}))
  const [problem, ...more] = incomplete({leftOut} as Parameters<typeof incomplete>[0])
  expect(more).toEqual([])
  expect(problem).toMatchObject({
    code: 'C020',
    message: "left out: a program, an image; npm can't fetch it: 404",
  })
  expect(problem?.hint).toContain('run the command again')
})
