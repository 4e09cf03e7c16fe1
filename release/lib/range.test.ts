import fc from 'fast-check'
import semver from 'semver'
import {describe, expect, test} from 'vitest'
import {
  complement,
  contains,
  formatRange,
  intersection,
  intersects,
  isEmpty,
  isSubset,
  type Range,
  union,
} from './range.ts'
import {parseRange, parseRunning} from './range-text.ts'
import {parseVersion, type Scheme, type Version} from './versions.ts'

const range = (text: string, scheme: Scheme = 'semver'): Range => {
  const parsed = parseRange(text, scheme)
  if (parsed.problem) throw new Error(`${text}: ${parsed.problem.message}`)
  return parsed.range
}
const version = (text: string, scheme: Scheme = 'semver'): Version => {
  const parsed = parseVersion(text, scheme)
  if (!parsed) throw new Error(`${text} is no ${scheme}`)
  return parsed
}
const problem = (text: string, scheme: Scheme = 'semver') => parseRange(text, scheme).problem

const small = fc.nat({max: 4})
const words = fc.constantFrom(
  '',
  '',
  '',
  '-0',
  '-1',
  '-alpha',
  '-alpha.1',
  '-rc.1',
  '-rc.10',
  '-rc.9',
  '-x-y',
)
const versions = fc.tuple(small, small, small, words).map(([a, b, c, pre]) => `${a}.${b}.${c}${pre}`)
const operands = fc.oneof(
  versions,
  fc.tuple(small, small).map(([a, b]) => `${a}.${b}`),
  small.map(String),
  fc.tuple(small, small).map(([a, b]) => `${a}.${b}.x`),
  small.map(a => `${a}.*`),
)
const comparators = fc
  .tuple(fc.constantFrom('', '=', '>=', '<=', '>', '<', '~', '^'), operands)
  .map(([operator, operand]) => operator + operand)
const ranges = fc
  .array(fc.array(comparators, {minLength: 1, maxLength: 3}), {minLength: 1, maxLength: 3})
  .map(any => any.map(all => all.join(' ')).join(' || '))

describe('ranges of semver', () => {
  test('hold what npm says, prereleases included', () => {
    fc.assert(
      fc.property(ranges, versions, (text, v) => {
        expect(contains(range(text), version(v)), `${v} in ${text}`).toBe(
          semver.satisfies(v, text, {includePrerelease: true}),
        )
      }),
      {numRuns: 5000},
    )
  })

  test('form a Boolean algebra over versions', () => {
    fc.assert(
      fc.property(ranges, ranges, versions, (a, b, v) => {
        const [x, y, at] = [range(a), range(b), version(v)]
        const [inX, inY] = [contains(x, at), contains(y, at)]
        expect(contains(intersection(x, y), at)).toBe(inX && inY)
        expect(contains(union(x, y), at)).toBe(inX || inY)
        expect(contains(complement(x), at)).toBe(!inX)
        expect(complement(complement(x))).toEqual(x)
        if (isSubset(x, y) && inX) expect(inY).toBe(true)
        if (inX && inY) expect(intersects(x, y)).toBe(true)
        expect(isSubset(intersection(x, y), x) && isSubset(x, union(x, y))).toBe(true)
        expect(isEmpty(intersection(x, complement(x)))).toBe(true)
      }),
      {numRuns: 2000},
    )
  })

  test('are written so that they are read back as the same set', () => {
    fc.assert(
      fc.property(ranges, text => {
        const set = range(text)
        if (isEmpty(set)) return
        const back = range(formatRange(set))
        expect(isSubset(set, back) && isSubset(back, set), `${text} → ${formatRange(set)}`).toBe(true)
      }),
      {numRuns: 2000},
    )
  })

  test.each([
    ['>=1.34 <1.38', '>=1.34 <1.38'],
    ['1.36', '1.36'],
    ['1.36.x || 1.37', '>=1.36 <1.38'],
    ['^1.2.3', '>=1.2.3 <2.0'],
    ['~1.2', '1.2'],
    ['^2', '2'],
    ['>1.36', '>=1.37'],
    ['<=1.37', '<1.38'],
    ['>1.2.3 <=1.4.0', '>1.2.3 <=1.4.0'],
    ['1.2.3 || 1.2.4', '1.2.3 || 1.2.4'],
    ['*', '*'],
    ['>2 <1', 'no version'],
  ])('%s is written %s', (text, written) => {
    expect(formatRange(range(text))).toBe(written)
  })
})

describe('other schemes', () => {
  test('a minor holds all of its patches', () => {
    expect(contains(range('<=1.37', 'minor'), version('1.37', 'minor'))).toBe(true)
    expect(contains(range('<=1.37'), version('1.37.9'))).toBe(true)
    expect(contains(range('<1.37', 'minor'), version('1.37', 'minor'))).toBe(false)
    expect(isEmpty(range('>1.36 <1.37', 'minor'))).toBe(true)
    expect(problem('>=1.36.4', 'minor')?.hint).toBe('these versions are minors: write 1.36')
  })

  test('kernels keep their release candidates before the release', () => {
    const r = range('>=6.12.0 <7.0', 'kernel')
    expect(contains(r, version('6.12.107', 'kernel'))).toBe(true)
    expect(contains(r, version('6.12.0-rc7', 'kernel'))).toBe(false)
    expect(contains(r, version('7.0-rc1', 'kernel'))).toBe(false)
  })

  test('calendar versions', () => {
    expect(contains(range('>=24.04 <26.04', 'calendar'), version('25.10', 'calendar'))).toBe(true)
    expect(contains(range('2026.11', 'calendar'), version('2026-11-21', 'calendar'))).toBe(true)
    expect(formatRange(range('>=24.04 <=25.10', 'calendar'))).toBe('>=24.04 <25.11')
  })

  test('opaque words can only be named', () => {
    const r = range('bookworm || trixie', 'opaque')
    expect(contains(r, version('trixie', 'opaque'))).toBe(true)
    expect(contains(r, version('forky', 'opaque'))).toBe(false)
    expect(formatRange(r)).toBe('bookworm || trixie')
    expect(problem('>=trixie', 'opaque')?.message).toBe('these versions have no order')
  })
})

describe('what runs somewhere', () => {
  test.each([
    ['v1.36.4+k3s1', 'minor', '1.36'],
    ['1.36', 'minor', '1.36'],
    ['2.5', 'semver', '2.5'],
    ['v2.5.1', 'semver', '2.5.1'],
    ['6.12.107+deb13-amd64', 'kernel', '6.12.107'],
    ['6.11.0-300.fc43.x86_64', 'kernel', '6.11.0'],
  ] as const)('%s (%s) is %s', (text, scheme, written) => {
    const {range} = parseRunning(text, scheme)
    expect(range && formatRange(range)).toBe(written)
  })

  test.each([
    ['latest', 'semver'],
    ['', 'minor'],
    ['*', 'semver'],
  ] as const)('%s is no version', (text, scheme) => {
    expect(parseRunning(text, scheme).problem?.message).toContain('is not a version')
  })
})

describe('problems point into the text', () => {
  test.each([
    ['>=1.34, <1.38', 6, ',', 'a space means "and", || means "or"'],
    ['1.2 - 1.4', 3, ' - ', 'write both ends: >=1.2 <=1.4'],
    ['>=1.2 && <2', 6, '&&', 'a space means "and"'],
    ['=>1.2', 0, '=>', 'write >= or <='],
    ['>=v1.2', 2, 'v1.2', 'write it without the v: 1.2'],
    ['1.2.3+k3s1', 0, '1.2.3+k3s1', 'leave out the build metadata: 1.2.3'],
    ['>=1.2 <', 6, '<', undefined],
    ['1.2 || ', 6, ' ', 'write * for any version'],
    ['1.2.3.4', 0, '1.2.3.4', 'write three numbers such as 0.2.0 or 1.4.0-rc.1'],
    ['latest', 0, 'latest', 'write three numbers such as 0.2.0 or 1.4.0-rc.1'],
    ['!=1.2.3', 0, '!=', 'leave a version out with two alternatives: <1.2.3 || >1.2.3'],
  ])('%s', (text, offset, word, hint) => {
    const found = problem(text)
    expect(
      found && {offset: found.offset, word: text.slice(found.offset, found.offset + found.length)},
    ).toEqual({
      offset,
      word,
    })
    expect(found?.hint).toBe(hint)
  })

  test('any text is read or refused, never thrown at', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.constantFrom<Scheme>('semver', 'minor', 'calendar', 'kernel', 'opaque'),
        (text, scheme) => {
          const {problem} = parseRange(text, scheme)
          if (problem) expect(problem.offset).toBeLessThanOrEqual(text.length)
        },
      ),
      {numRuns: 2000},
    )
  })
})
