import {expect, test} from 'vitest'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {loadMatrix} from '../load.ts'
import {minimal} from '../testdata/minimal.ts'
import {compareTable} from './compare.ts'
import {formats} from './formats.ts'

const read = (format: string, text: string) => formats[format]?.read(text, 'table') ?? {rows: [], remarks: []}

const windows = `name: example
compatibility:
  - {appVersion: 2.4.x, minK8sVersion: 1.30, maxK8sVersion: 1.35}
  - {appVersion: 2.4.2, minK8sVersion: 1.30, maxK8sVersion: 1.36}
  - {appVersion: 2.5.x, minK8sVersion: 1.34, maxK8sVersion: 1.37}
  - {appVersion: 2.5.x, minK8sVersion: 1.34, maxK8sVersion: 1.37}
  - {appVersion: 2.6.x, minK8sVersion: 1.35, maxK8sVersion: 1.38}
  - {appVersion: 1.9.x, minK8sVersion: 1.20, maxK8sVersion: 1.22}
`

const rule = (id: string, kmm: string, kubernetes: string) =>
  `  - {id: ${id}, when: {kmm: '${kmm}'}, requires: {kubernetes: '${kubernetes}'}, level: supported, because: It says so., source: docs, asOf: 2026-11-21}\n`

const matrixWith = (rules: string) => {
  const text = minimal.replace(
    '{version: 2.4.0}, {version: 2.5.0}',
    '{version: 2.4.0}, {version: 2.4.3}, {version: 2.5.0}',
  )
  const {value, diagnostics} = loadMatrix(`${text}rules:\n${rules}`, 'matrix.yaml')
  if (!value) throw new DiagnosticError(diagnostics)
  return value
}

test('1.30 is not 1.3, and doubled rows are told once', () => {
  const table = read('karpenter', windows)
  expect(table.rows[0]).toEqual({version: '2.4', platform: {min: '1.30', max: '1.35'}})
  expect(table.rows).toHaveLength(5)
  expect(table.remarks).toEqual(['2.5 is there twice'])
})

test('what the matrix answers is compared, however its rules are written', () => {
  const sound =
    rule('a', '>=2.4.0 <2.4.2', '<=1.35') +
    rule('b', '>=2.4.2 <2.5', '<=1.36') +
    rule('c', '2.5.x', '>=1.34 <=1.37')
  expect(compareTable(matrixWith(sound), read('karpenter', windows), 'kmm', 'kubernetes')).toEqual([
    {kind: 'missing', version: '2.6', text: 'the matrix lists no version of it'},
  ])
  const wrong = rule('a', '2.4.x', '<=1.36') + rule('c', '2.5.x', '>=1.35 <=1.37')
  expect(
    compareTable(matrixWith(wrong), read('karpenter', windows), 'kmm', 'kubernetes').map(f => [
      f.kind,
      f.version,
      f.text,
    ]),
  ).toEqual([
    ['differs', '2.4.0', 'upstream 1.30 to 1.35; the matrix allows 1.36'],
    ['differs', '2.5.0', 'upstream 1.34 to 1.37; the matrix forbids 1.34'],
    ['missing', '2.6', 'the matrix lists no version of it'],
  ])
  const silent = rule('c', '2.5.x', '>=1.34 <=1.37')
  expect(compareTable(matrixWith(silent), read('karpenter', windows), 'kmm', 'kubernetes')[0]).toEqual({
    kind: 'silent',
    version: '2.4.0',
    text: 'upstream 1.30 to 1.35; no rule speaks of 1.34, 1.35',
  })
})

test('a table of marks: EOL says yes, a dash no, and columns that were cut off say nothing', () => {
  const table = read(
    'kubevirt',
    '# Matrix\n\n| X | 1.36 | 1.35<sup>EOL</sup> |\n|---|---|---|\n| 2.5 | ✓ | EOL |\n| 2.4 | - | EOL |\n',
  )
  expect(table).toEqual({
    rows: [
      {version: '2.5', platform: {min: '1.35', max: '1.36'}},
      {version: '2.4', platform: {min: '1.35', max: '1.35'}},
    ],
    remarks: [],
    oldest: '1.35',
  })
  const matrix = matrixWith(rule('a', '2.4.x', '<=1.35') + rule('c', '2.5.x', '<=1.36'))
  expect(compareTable(matrix, table, 'kmm', 'kubernetes')).toEqual([])
})

test('dates in words, and words that are no dates', () => {
  const page =
    '| R | D | E | S |\n|--|--|--|--|\n| [2.5][] | Jul 08, 2026 | Release of 2.7 | 1.33 → 1.36 / 4.20 → 4.22 |\n'
  expect(read('cert-manager', page).rows).toEqual([
    {version: '2.5', released: '2026-07-08', platform: {min: '1.33', max: '1.36'}},
  ])
})

test('the front matter of a product: days of release and end', () => {
  const page =
    '---\ntitle: X\nreleases:\n  - {releaseCycle: "0.2", releaseDate: 2026-11-20, eol: false}\n---\nWords.\n'
  const table = read('endoflife', page)
  expect(table.rows).toEqual([{version: '0.2', released: '2026-11-20'}])
  expect(compareTable(matrixWith(rule('a', '2.4.x', '<=1.36')), table, 'product')).toEqual([
    {kind: 'date', version: '0.2.0', text: 'released: upstream 2026-11-20, the matrix 2026-11-21'},
  ])
})

test.each(['supportedKubernetesVersions', 'supportedKubernetesVersion'])(
  'the window that some products have beside their days: %s',
  field => {
    const page = `---\nreleases:\n  - {releaseCycle: "1.30", ${field}: "1.32 - 1.36"}\n  - {releaseCycle: "1.29", ${field}: "all"}\n---\n`
    expect(read('endoflife', page).rows).toEqual([
      {version: '1.30', platform: {min: '1.32', max: '1.36'}},
      {version: '1.29'},
    ])
  },
)

test.each([
  ['karpenter', 'compatibility:\n  - {appVersion: soon}\n', 'this is not appVersion'],
  ['karpenter', 'name: x\n', 'there is no list `compatibility`'],
  ['kubevirt', '<html>', 'there is no table'],
  ['cert-manager', '| a |\n', 'there is no table of releases'],
  ['endoflife', 'releases: []', 'there is no front matter'],
  ['karpenter', 'compatibility:\n  - \n', 'this is not appVersion'],
  ['karpenter', 'compatibility: [a\n', 'Y003'],
  ['endoflife', '---\nreleases: [a\n---\n', 'Y003'],
  ['pluto', 'deprecated-versions: [a\n', 'Y003'],
])('%s: another file is refused: %j', (format, text, message) => {
  expect(() => read(format, text)).toThrow(message)
})
