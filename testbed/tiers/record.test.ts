import {expect, test} from 'vitest'
import {sourcesOf} from './record.ts'

const [one, two] = ['a'.repeat(40), 'b'.repeat(40)]

test('a run is of the commit that it began with, if nothing has changed until its end', () => {
  const clean = {commit: one, changed: false}
  expect(sourcesOf(clean, clean)).toEqual(clean)
  const other = {commit: one, changed: true}
  for (const [before, after] of [
    [clean, {commit: two, changed: false}],
    [clean, other],
    [other, clean],
  ] as const)
    expect(sourcesOf(before, after)).toEqual(other)
})
