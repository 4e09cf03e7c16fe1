import {describe, expect, it} from 'vitest'
import {component} from './schema/components.ts'
import {addMonths, earliestRemoval, minorOf, supportEnd} from './support.ts'

const policy = {latest: 'all', previous: 'security', previousMonths: 6, older: 'nothing'}

function versions(...list: {version: string; released?: string; state?: string; endOfSupport?: string}[]) {
  return component.parse({title: 'x', scheme: 'semver', versions: list})
}

describe('supportEnd', () => {
  it('knows no prereleases: a candidate ends nothing', () => {
    const found = supportEnd(
      versions({version: '0.1.0', released: '2026-01-06'}, {version: '0.2.0-rc.1', released: '2026-08-01'}),
      policy,
    )
    expect(found).toEqual([{version: '0.1.0', minor: '0.1', phase: 'full', until: undefined}])
  })

  it('ends a minor some months after the first release of the next one', () => {
    const found = supportEnd(
      versions(
        {version: '0.1.0', released: '2026-01-06'},
        {version: '0.1.1', released: '2026-03-01'},
        {version: '0.2.0', released: '2026-08-31'},
        {version: '0.2.1', released: '2026-10-01'},
        {version: '0.10.0', released: '2027-01-15'},
      ),
      policy,
    )
    expect(found.map(({version, phase, until}) => [version, phase, until])).toEqual([
      ['0.1.0', 'community', '2027-02-28'],
      ['0.1.1', 'community', '2027-02-28'],
      ['0.2.0', 'fixes', '2027-07-15'],
      ['0.2.1', 'fixes', '2027-07-15'],
      ['0.10.0', 'full', undefined],
    ])
  })

  it('takes no planned version for a successor', () => {
    const found = supportEnd(
      versions(
        {version: '0.1.0', released: '2026-01-06'},
        {version: '0.2.0', state: 'planned', released: '2026-09-01'},
      ),
      policy,
    )
    expect(found).toEqual([{version: '0.1.0', minor: '0.1', phase: 'full', until: undefined}])
  })

  it('lets a version say its own end', () => {
    const found = supportEnd(
      versions({version: '1.0.0', released: '2026-01-01', endOfSupport: '2030-01-01'}),
      policy,
    )
    expect(found[0]?.until).toBe('2030-01-01')
  })
})

describe('earliestRemoval', () => {
  it('needs both the minors and the months', () => {
    const [version] = versions({version: '0.2.0', released: '2026-11-21'}).versions
    expect(version && earliestRemoval(version, {minors: 1, months: 6})).toEqual({
      minor: '0.3',
      day: '2027-05-21',
    })
  })
})

describe('addMonths', () => {
  it.each([
    ['2026-11-21', 6, '2027-05-21'],
    ['2026-08-31', 6, '2027-02-28'],
    ['2027-08-31', 6, '2028-02-29'],
    ['2026-12-31', 0, '2026-12-31'],
    ['2026-01-31', 1, '2026-02-28'],
    ['2026-12-15', 1, '2027-01-15'],
  ])('%s and %i months are %s', (day, months, expected) => {
    expect(addMonths(day, months)).toBe(expected)
  })
})

describe('minorOf', () => {
  it('leaves out patches and prereleases', () => {
    expect([minorOf('0.2.3'), minorOf('1.10.0-rc.1'), minorOf('2')]).toEqual(['0.2', '1.10', '2.0'])
  })
})
