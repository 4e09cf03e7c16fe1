import {describe, expect, test} from 'vitest'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {loadShape} from '../../matrix/load.ts'
import {bindingsSchema} from '../../matrix/schema/index.ts'
import {matrixOf, platform} from '../testing.ts'
import {type Bound, readBindings} from './bindings.ts'
import {changesOf, judgeChange} from './change.ts'
import {readField} from './field.ts'

const matrix = matrixOf(platform)

const bindings = `apiVersion: lockstep/v1
kind: Bindings
bindings:
  - {component: kubernetes, owner: terraform, at: {file: cluster.tfvars, path: cluster_version}}
  - {component: karpenter, owner: flux, at: {file: karpenter.yaml, path: spec.chart.spec.version}}
  - {component: database, owner: argocd, at: {file: app.yaml, path: 'spec.sources[0].targetRevision'}}
  - {component: kubelet, instance: pool-a, owner: manual, at: {object: node/a, path: status.nodeInfo.kubeletVersion}}
`

const files = (kubernetes: string, karpenter: string, database: string): Record<string, string> => ({
  'cluster.tfvars': `region = "eu"\ncluster_version = "${kubernetes}"\n`,
  'karpenter.yaml': `spec:\n  chart:\n    spec:\n      version: v${karpenter}  # ours\n`,
  'app.yaml': `spec:\n  sources:\n    - targetRevision: ${database}\n`,
})

function read(texts: Record<string, string>): Bound[] {
  const {value, source, diagnostics} = loadShape(bindings, 'bindings.yaml', bindingsSchema)
  if (!value) throw new DiagnosticError(diagnostics)
  return readBindings(value, source, matrix, file => texts[file])
}

const judge = (from: [string, string, string], to: [string, string, string], policy = {}) =>
  judgeChange(matrix, read(files(...from)), read(files(...to)), {
    now: '2026-11-21',
    values: {},
    facts: {},
    policy,
  })

describe('reading', () => {
  test('versions from Terraform and YAML, in the words of their schemes; live ones are left open', () => {
    expect(
      read(files('1.34', '1.6.0', '2.9.0')).map(({name, owner, version, place}) => [
        name,
        owner,
        version,
        place?.line,
      ]),
    ).toEqual([
      ['kubernetes', 'terraform', '1.34', 2],
      ['karpenter', 'flux', '1.6.0', 4],
      ['database', 'argocd', '2.9.0', 3],
      ['kubelet@pool-a', 'manual', undefined, undefined],
    ])
  })

  test('everything that cannot be read is told at once, each at its place', () => {
    const broken = {
      'cluster.tfvars': 'cluster_version = "1"\ncluster_version = "2"\n',
      'karpenter.yaml': 'spec: {chart: {}}\n',
    }
    try {
      read(broken)
      expect.unreachable()
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error
      expect(error.diagnostics.map(d => [d.code, d.place?.file, d.place?.line])).toEqual([
        ['J021', 'cluster.tfvars', 2],
        ['J020', 'karpenter.yaml', 1],
        ['J023', 'bindings.yaml', 6],
      ])
    }
  })

  test('a field may be an entry of a list of lists', () => {
    expect(readField('a:\n  - [x, y]\n', 'f.yaml', 'a[0][1]').value).toBe('y')
  })

  test('an entry of a list is found by one of its keys, wherever it stands', () => {
    const text = 'images:\n  - {name: ghcr.io/a/b, newTag: v1}\n  - {name: ghcr.io/c/d, newTag: v2}\n'
    expect(readField(text, 'f.yaml', 'images[name=ghcr.io/c/d].newTag')).toMatchObject({
      value: 'v2',
      place: {line: 3},
    })
    expect(() => readField(text, 'f.yaml', 'images[name=e].newTag')).toThrow(
      'an entry with name e is missing',
    )
  })

  test('the version within an image, with a digest or a constraint around it', () => {
    const texts = files('1.34', '1.6.0', '2.9.0')
    const app = (value: string) => ({
      ...texts,
      'app.yaml': `spec: {sources: [{targetRevision: '${value}'}]}\n`,
    })
    for (const value of ['ghcr.io:443/acme/db:v2.9.0', `db/db:2.9.0@sha256:${'0'.repeat(64)}`, '~> 2.9.0'])
      expect(read(app(value))[2]?.version).toBe('2.9.0')
  })
})

describe('judging a change', () => {
  test('nothing changed, nothing to say', () => {
    expect(judge(['1.34', '1.6.0', '2.9.0'], ['1.34', '1.6.0', '2.9.0'])).toEqual([])
    expect(
      changesOf(read(files('1.34', '1.6.0', '2.9.0')), read(files('1.35', '1.6.0', '2.9.0'))),
    ).toMatchObject([{name: 'kubernetes', from: '1.34', to: '1.35'}])
  })

  test('a sound step is fine', () => {
    expect(judge(['1.34', '1.6.0', '2.9.0'], ['1.34', '1.9.3', '2.9.0'])).toEqual([])
  })

  test('a broken rule, at the field that was changed', () => {
    expect(judge(['1.34', '1.6.0', '2.9.0'], ['1.35', '1.6.0', '2.9.0'])).toMatchObject([
      {
        code: 'J030',
        severity: 'error',
        place: {file: 'cluster.tfvars', line: 2, col: 20},
        message: expect.stringContaining('rule karpenter-1.6'),
      },
    ])
  })

  test('a step that skips, with the stops on the way', () => {
    expect(judge(['1.34', '1.13.0', '2.9.0'], ['1.36', '1.13.0', '2.9.0'])).toMatchObject([
      {code: 'J031', severity: 'error', hint: 'go by kubernetes 1.34 → 1.35, then kubernetes 1.35 → 1.36'},
    ])
  })

  test('no way back, and a risk, are warnings', () => {
    expect(
      judge(['1.34', '1.6.0', '2.9.0'], ['1.34', '1.6.0', '3.0.0']).map(d => [d.code, d.severity]),
    ).toEqual([
      ['J032', 'warning'],
      ['J033', 'warning'],
    ])
  })

  test('two moves that are sound only one after the other', () => {
    expect(judge(['1.34', '1.6.0', '2.9.0'], ['1.35', '1.9.3', '2.9.0'])).toMatchObject([
      {
        code: 'J034',
        severity: 'error',
        message: expect.stringContaining('karpenter 1.6.0 → 1.9.3, then kubernetes 1.34 → 1.35'),
      },
    ])
    // Neither needs the other.
    expect(judge(['1.34', '1.9.0', '2.9.0'], ['1.35', '1.9.3', '2.9.0'])).toEqual([])
  })
})
