/** Test-side: a matrix with the shape of a platform and its add-ons, and requests to it. */
import {DiagnosticError} from '#lib/diagnostics.ts'
import {loadMatrix} from '../matrix/load.ts'
import type {Matrix} from '../matrix/schema/index.ts'
import {minimal} from '../matrix/testdata/minimal.ts'
import type {PlannedStep} from './procedures.ts'
import type {UpgradeRequest} from './request.ts'

/** What every matrix begins with. */
const head = minimal.slice(0, minimal.indexOf('components:'))

/** A platform, an add-on whose versions support windows of it, nodes that lag, and a database that never goes back. */
export const platform = `${head}
components:
  product: {title: Product, scheme: semver, versions: [{version: 1.0.0}, {version: 1.1.0}, {version: 2.0.0}]}
  kubernetes: {title: Kubernetes, scheme: minor, platform: true, versions: [{version: 1.33}, {version: 1.34}, {version: 1.35}, {version: 1.36}]}
  kubelet: {title: kubelet, scheme: minor, instances: [pool-a, pool-b], versions: [{version: 1.32}, {version: 1.33}, {version: 1.34}, {version: 1.35}, {version: 1.36}]}
  karpenter:
    title: Karpenter
    scheme: semver
    versions: [{version: 1.5.0}, {version: 1.6.0}, {version: 1.9.0}, {version: 1.9.3}, {version: 1.13.0}, {version: 1.14.0, released: 2026-12-24}]
  database: {title: Database, scheme: semver, versions: [{version: 2.9.0}, {version: 3.0.0}]}
rules:
  - {id: karpenter-1.5, when: {karpenter: 1.5.x}, requires: {kubernetes: '<=1.33'}, level: supported, because: Karpenter 1.5 knows Kubernetes up to 1.33., source: docs, asOf: 2026-11-21}
  - {id: karpenter-1.6, when: {karpenter: 1.6.x}, requires: {kubernetes: '<=1.34'}, level: supported, because: Karpenter 1.6 knows Kubernetes up to 1.34., source: docs, asOf: 2026-11-21}
  - {id: karpenter-1.9, when: {karpenter: 1.9.x}, requires: {kubernetes: '<=1.35'}, level: supported, because: Karpenter 1.9 knows Kubernetes up to 1.35., source: docs, asOf: 2026-11-21}
  - {id: karpenter-1.13, when: {karpenter: '>=1.13'}, requires: {kubernetes: '>=1.34 <=1.36'}, level: supported, because: Karpenter 1.13 knows Kubernetes 1.34 to 1.36., source: docs, asOf: 2026-11-21}
  - {id: skew, when: {kubelet: '*'}, requires: {skew: {of: kubelet, to: kubernetes, min: -2, max: 0}}, level: supported, because: A kubelet lags by two minors at most., source: docs, asOf: 2026-11-21}
  - {id: product-2, when: {product: '>=2.0.0'}, requires: {kubernetes: '>=1.36', database: '>=3.0.0'}, level: supported, because: Product 2 needs Kubernetes 1.36 and database 3., source: docs, asOf: 2026-11-21}
transitions:
  - {id: kubernetes-step, component: kubernetes, step: {minor: 1}, disruption: restart, back: {within: 7d, when: [{fact: not upgraded again}], after: blue-green}, level: supported, because: One minor at a time., source: docs, asOf: 2026-11-21}
  - {id: kubelet-step, component: kubelet, step: {minor: 2}, disruption: drain, back: {}, level: supported, because: Nodes are replaced., source: docs, asOf: 2026-11-21}
  - {id: karpenter-up, component: karpenter, disruption: restart, back: {}, level: supported, because: Any step up., source: docs, asOf: 2026-11-21}
  - id: database-3
    component: database
    disruption: downtime
    when: [{fact: backup taken}]
    risks: [{name: slow-migration, when: [{fact: large tables}], message: The migration may take hours.}]
    level: supported
    because: The schema is migrated.
    source: docs
    asOf: 2026-11-21
  - {id: product-up, component: product, back: {}, level: supported, because: Any step up., source: docs, asOf: 2026-11-21}
procedures:
  - id: database-any
    title: Every upgrade of the database
    component: database
    backup: [{title: Take a snapshot., run: ['snapshot {{name}}']}]
  - id: database-3-crossing
    title: To 3
    component: database
    crossing: 3.0.0
    change: [{title: 'Migrate to {{version}}.', run: ['migrate --to {{version}}']}]
    rollback: [{title: Restore the snapshot.}]
  - id: database-major
    title: Any major
    component: database
    move: major
    change: [{title: Not this one.}]
`

/** The matrix of a text, sound or the test fails. */
export function matrixOf(text: string): Matrix {
  const {value, diagnostics} = loadMatrix(text, 'matrix.yaml')
  if (!value) throw new DiagnosticError(diagnostics)
  return value
}

/** `{kubernetes: '1.33..1.36', karpenter: '1.5.0'}` */
export function request(
  matrix: Matrix,
  versions: Record<string, string>,
  more: Partial<Pick<UpgradeRequest, 'policy' | 'facts' | 'values' | 'now' | 'by'>> = {},
): UpgradeRequest {
  const current: Record<string, string> = {}
  const wanted: Record<string, string> = {}
  for (const [name, text] of Object.entries(versions)) {
    const [from = '', to] = text.split('..')
    current[name] = from
    if (to !== undefined) wanted[name] = to
  }
  return {matrix, now: '2026-11-21', current, wanted, values: {}, facts: {}, policy: {}, ...more}
}

/** `change helm-rollback karpenter 1.6.0`: the phase, and what is done by whom to what. */
export function told({phase, title, do: typed, set, probe, run}: PlannedStep): string {
  const words = (values: readonly unknown[]) => values.flat().filter(value => typeof value === 'string')
  if (typed) {
    const {action, ...rest} = typed
    const {resource, resources, release, addon, nodegroup, category, image, file, version, patch, files} =
      rest as Record<string, unknown>
    const parts = [
      resource,
      resources,
      release,
      addon,
      nodegroup,
      category,
      image,
      file,
      version,
      patch,
      files,
    ]
    return [phase, action, ...words(parts)].join(' ')
  }
  if (set)
    return [phase, 'set', 'chart' in set ? set.chart : 'image' in set ? set.image : set.field, set.to].join(
      ' ',
    )
  if (probe) return `${phase} probe ${'http' in probe ? probe.http : ''}`
  return run
    ? `${phase} ${run.map(line => line.split(' ').slice(0, 3).join(' ')).join(', ')}`
    : `${phase} ask: ${title}`
}
