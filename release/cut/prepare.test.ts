import {readFileSync} from 'node:fs'
import {expect, test} from 'vitest'
import {changesSchema} from '../generate/docs/changes.ts'
import {loadMatrix, loadShape} from '../matrix/load.ts'
import {draftChanges, isDraft, releaseChanges, sectionOf} from './prepare-changes.ts'
import {raiseMatrix} from './prepare-matrix.ts'
import {bumpFor, nextVersion} from './prepare-version.ts'

const date = '2026-12-24'

test.each([
  ['minor', 'stable', '0.2.0', '0.3.0'],
  ['patch', 'stable', '0.2.9', '0.2.10'],
  ['major', 'stable', '0.2.0', '1.0.0'],
  ['minor', 'rc', '0.2.0', '0.3.0-rc.2'],
  ['minor', 'rc', '0.3.0-rc.4', '0.3.0-rc.5'],
  ['minor', 'stable', '0.3.0-rc.4', '0.3.0'],
  ['minor', 'nightly', '0.2.0', '0.3.0-nightly.20261224'],
  ['0.2.0', 'stable', '0.2.0', '0.2.0'],
  ['1.0.0-rc.7', 'rc', '0.2.0', '1.0.0-rc.7'],
] as const)('%s in %s after %s is %s', (asked, channel, last, expected) => {
  expect(nextVersion(asked, channel, {last, known: ['0.3.0-rc.1'], date})).toBe(expected)
})

test.each([
  ['0.1.0', 'stable'],
  ['0.3', 'stable'],
  ['v0.3.0', 'stable'],
  ['0.3.0-rc.1', 'stable'],
  ['0.3.0', 'rc'],
  ['0.3.0-beta.1', 'rc'],
] as const)('%s in %s is refused', (asked, channel) => {
  expect(() => nextVersion(asked, channel, {last: '0.2.0', known: [], date})).toThrow('L030')
})

test('how far to go follows from what was done', () => {
  expect(bumpFor(new Set(['fixed', 'changed']), '0.2.0')).toBe('patch')
  expect(bumpFor(new Set(['added']), '0.2.0')).toBe('minor')
  expect(bumpFor(new Set(['removed']), '0.2.0')).toBe('minor')
  expect(bumpFor(new Set(['removed']), '1.2.0')).toBe('major')
})

const real = readFileSync('matrix/mock-device.yaml', 'utf8')
const {release, product} = loadMatrix(real, 'm').value ?? {}
const raise = {component: product?.component ?? '', version: '9.0.0-rc.1', date, channel: 'rc' as const}

test('the real matrix is raised by words and one row: every other line stays, comments too', () => {
  const raised = raiseMatrix(real, 'm', raise)
  const {value, diagnostics} = loadMatrix(raised, 'm')
  expect(diagnostics.filter(d => d.severity === 'error')).toEqual([])
  expect(value?.release).toMatchObject({version: '9.0.0-rc.1', date, channel: 'rc'})
  expect(value?.components[raise.component]?.versions.at(-1)).toMatchObject({
    version: '9.0.0-rc.1',
    released: date,
  })
  const [before, after] = [real.split('\n'), raised.split('\n')]
  const lost = before.filter(line => !after.includes(line))
  expect(lost).toEqual([
    `  version: ${release?.version}`,
    `  date: ${release?.date}`,
    ...(release?.channel === 'rc' ? [] : [`  channel: ${release?.channel}`]),
  ])
  expect(after.length).toBe(before.length + 2)
  expect(raiseMatrix(raised, 'm', raise)).toBe(raised)
})

test('a row goes after that of the version before it; the day of a row that is there is corrected', () => {
  const patch = raiseMatrix(real, 'm', {...raise, version: '0.1.7', channel: 'stable'})
  const versions = loadMatrix(patch, 'm').value?.components[raise.component]?.versions.map(v => v.version)
  expect(versions?.slice(0, 2)).toEqual(['0.1.0', '0.1.7'])
  const again = raiseMatrix(patch, 'm', {...raise, version: '0.1.7', channel: 'stable', date: '2027-01-01'})
  expect(loadMatrix(again, 'm').value?.components[raise.component]?.versions[1]?.released).toBe('2027-01-01')
})

test('quotes stay, and a matrix in another form is refused with its place', () => {
  const quoted = real.replace(/^( {2}version:) (\S+)$/m, "$1 '$2'")
  expect(raiseMatrix(quoted, 'm', raise)).toContain("  version: '9.0.0-rc.1'")
  const flow =
    'release: {version: 1.0.0, date: 2026-01-01, channel: stable}\ncomponents: {x: {versions: [{version: 1.0.0}]}}\n'
  expect(() => raiseMatrix(flow, 'm', {...raise, component: 'x'})).toThrow('L032')
})

test('a draft of the changes tells by kind and component, is valid, and says that it is a draft', () => {
  const commits = [
    {subject: 'Add a health file', paths: ['kernel-driver/src/a.c', 'kernel-driver/b.c']},
    {subject: 'fix(chart): quote: "a" # b', paths: ['chart/values.yaml', 'kernel-driver/a.c']},
    {subject: 'chore: bump', paths: []},
    {subject: 'Let nodes speak', paths: []},
  ]
  const text = draftChanges('0.3.0', commits, [{id: 'kernel-driver', path: 'kernel-driver'}])
  const {value, diagnostics} = loadShape(text, 'c', changesSchema)
  expect(diagnostics).toEqual([])
  expect(value?.changes).toMatchObject({
    added: [{component: 'kernel-driver', text: 'Add a health file'}],
    fixed: [{text: 'quote: "a" # b'}],
    changed: [{text: 'Let nodes speak'}],
  })
  expect(isDraft(text)).toBe(true)
  expect(sectionOf({subject: 'Remove the old API', paths: []})).toBe('removed')
  expect(loadShape(draftChanges('0.3.0', [], []), 'c', changesSchema).value?.version).toBe('0.3.0')
})

test('what was collected as unreleased becomes the version, as it was written', () => {
  const text = '# ours\nversion: unreleased # soon\nversion: unreleased\n'
  expect(releaseChanges(text, '0.3.0')).toBe('# ours\nversion: unreleased # soon\nversion: 0.3.0\n')
})
