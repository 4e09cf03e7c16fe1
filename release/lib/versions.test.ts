import fc from 'fast-check'
import semver from 'semver'
import {expect, test} from 'vitest'
import {compareVersions, minorsAhead, parseVersion, type Scheme, type Version} from './versions.ts'

const version = (text: string, scheme: Scheme): Version => {
  const parsed = parseVersion(text, scheme)
  if (!parsed) throw new Error(`${text} is no ${scheme}`)
  return parsed
}

test('semver is read and ordered as npm does', () => {
  const word = fc.oneof(
    fc.stringMatching(/^[0-9A-Za-z-]{1,4}$/),
    fc.constantFrom('rc7', 'rc10'),
    fc.nat({max: 20}).map(String),
  )
  const texts = fc
    .tuple(fc.nat({max: 3}), fc.nat({max: 3}), fc.nat({max: 3}), fc.array(word, {maxLength: 3}))
    .map(([a, b, c, pre]) => `${a}.${b}.${c}${pre.length > 0 ? `-${pre.join('.')}` : ''}`)
  fc.assert(
    fc.property(texts, texts, (a, b) => {
      expect(parseVersion(a, 'semver') !== undefined, a).toBe(semver.valid(a) !== null)
      if (!semver.valid(a) || !semver.valid(b)) return
      expect(Math.sign(compareVersions(version(a, 'semver'), version(b, 'semver'))), `${a} ${b}`).toBe(
        semver.compare(a, b),
      )
    }),
    {numRuns: 5000},
  )
})

test.each([
  ['1.36', 'minor', true],
  ['1.36.4', 'minor', false],
  ['1', 'minor', false],
  ['01.2.3', 'semver', false],
  ['1.2', 'semver', false],
  ['v1.2.3', 'semver', false],
  ['1.2.3+b', 'semver', false],
  ['6.12.107', 'kernel', true],
  ['6.12', 'kernel', true],
  ['6.12-rc3', 'kernel', true],
  ['6.12.107-amd64', 'kernel', false],
  ['24.04', 'calendar', true],
  ['2026-11-21', 'calendar', true],
  ['2026', 'calendar', false],
  ['trixie', 'opaque', true],
  ['a || b', 'opaque', false],
] as const)('%s of %s: %s', (text, scheme, good) => {
  expect(parseVersion(text, scheme) !== undefined).toBe(good)
})

test('kernel release candidates are counted', () => {
  const order = ['6.12-rc2', '6.12-rc10', '6.12', '6.12.1', '6.13']
  const shuffled = [...order].reverse()
  expect(shuffled.sort((a, b) => compareVersions(version(a, 'kernel'), version(b, 'kernel')))).toEqual(order)
})

test('minors are counted within one major only', () => {
  const ahead = (a: string, b: string) => minorsAhead(version(a, 'minor'), version(b, 'minor'))
  expect(ahead('1.37', '1.34')).toBe(3)
  expect(ahead('1.34', '1.37')).toBe(-3)
  expect(ahead('2.0', '1.37')).toBeUndefined()
})
