import {expect, test} from 'vitest'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {loadMatrix} from '../load.ts'
import {minimal} from '../testdata/minimal.ts'
import {compareApis} from './apis.ts'
import {formats} from './formats.ts'

const read = (text: string) => formats.pluto?.read(text, 'versions.yaml') ?? {rows: [], remarks: []}

const published = `deprecated-versions:
  - {version: example.dev/v1beta1, kind: Thing, deprecated-in: v1.33.0, removed-in: v1.35.0, replacement-api: example.dev/v1, component: k8s}
  - {version: example.dev/v1beta1, kind: Other, deprecated-in: v1.33.0, removed-in: v1.36.0, replacement-api: example.dev/v1, component: k8s}
  - {version: example.dev/v1beta1, kind: Other, removed-in: v1.35.0, component: k8s}
  - {version: old.dev/v1, kind: Thing, removed-in: v1.10.0, component: k8s}
  - {version: later.dev/v1, kind: Thing, deprecated-in: v1.35.0, removed-in: "", component: k8s}
  - {version: mesh.dev/v1alpha1, kind: "", removed-in: v1.6.0, component: mesh}
target-versions: {k8s: v1.36.0}
`

const matrixWith = (removed: string) => {
  const text = minimal.replace(
    '\n  kubernetes:\n',
    `$&    removedApis: [{api: example.dev/v1beta1, kinds: [Thing, Other], removed: '${removed}', source: docs, asOf: 2026-11-21}]\n`,
  )
  const {value, diagnostics} = loadMatrix(text, 'matrix.yaml')
  if (!value) throw new DiagnosticError(diagnostics)
  return value
}

test('what is only deprecated is no removal; what the table says twice is told', () => {
  const {apis = [], remarks} = read(published)
  expect(apis.map(a => `${a.owner} ${a.api} ${a.kind} ${a.removed}`)).toEqual([
    'k8s example.dev/v1beta1 Thing 1.35.0',
    'k8s example.dev/v1beta1 Other 1.35.0',
    'k8s old.dev/v1 Thing 1.10.0',
    'mesh mesh.dev/v1alpha1  1.6.0',
  ])
  expect(remarks).toEqual([
    'example.dev/v1beta1 Other is there twice, removed in 1.36.0 and in 1.35.0; the later row counts',
  ])
})

test('removals within the versions of the matrix are compared, older and foreign ones left alone', () => {
  const {apis = []} = read(published)
  expect(compareApis(matrixWith('1.35'), apis, 'kubernetes')).toEqual([])
  expect(compareApis(matrixWith('1.36'), apis, 'kubernetes').map(f => [f.kind, f.version, f.text])).toEqual([
    ['differs', '1.35', 'example.dev/v1beta1 Thing is removed; the matrix says in 1.36'],
    ['differs', '1.35', 'example.dev/v1beta1 Other is removed; the matrix says in 1.36'],
  ])
})

test('a file that is none says where', () => {
  expect(() => read('deprecated-versions:\n  - {version: a/v1, component: k8s, removed-in: soon}\n')).toThrow(
    expect.objectContaining({
      diagnostics: [expect.objectContaining({code: 'I001', place: expect.objectContaining({line: 2})})],
    }),
  )
})
