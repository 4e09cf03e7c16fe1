import {DiagnosticError} from '#lib/diagnostics.ts'
import {compareVersions, parseVersion} from '../../lib/versions.ts'
import {type Detected, groupOf, type Running} from '../../live/detect.ts'
import {itemsOf} from '../../live/read.ts'
import type {Matrix} from '../../matrix/schema/index.ts'
import {compileProblem} from '../../upgrade/compile.ts'
import {moversOf} from '../../upgrade/domain.ts'
import type {UpgradeRequest} from '../../upgrade/request.ts'
import {type Finding, finding, some} from '../finding.ts'
import type {Check, View} from './check.ts'

export const versionChecks: readonly Check[] = [
  {name: 'rules of the matrix', needs: ['version', 'nodes', 'deployments'], judge: brokenRules},
  {name: 'support of what runs', needs: ['version', 'nodes', 'deployments'], judge: unsupported},
  {name: 'kubelets of a node group', needs: ['nodes'], judge: mixedGroups},
]

/** What runs as a plan starts from it: where several versions of one thing run, the oldest. */
export function currentOf({running}: Detected, matrix: Matrix): Record<string, string> {
  const current: Record<string, string> = {}
  for (const {component, instance, version} of running) {
    const name = instance === undefined ? component : `${component}@${instance}`
    const other = current[name]
    if (other === undefined || isOlder(version, other, component, matrix)) current[name] = version
  }
  return current
}

function isOlder(a: string, b: string, component: string, matrix: Matrix): boolean {
  const scheme = matrix.components[component]?.scheme ?? 'opaque'
  const [one, other] = [parseVersion(a, scheme), parseVersion(b, scheme)]
  return one !== undefined && other !== undefined && compareVersions(one, other) < 0
}

function brokenRules({matrix, detected, now}: View): Finding[] {
  const current = currentOf(detected, matrix)
  const request: UpgradeRequest = {
    ...{matrix, current, now: now.toISOString().slice(0, 10), wanted: {}},
    ...{values: {}, facts: {}, policy: {}},
  }
  try {
    const movers = moversOf(request)
    const state = movers.map(m => m.start)
    return compileProblem(request, movers)
      .constraints.filter(c => !c.holds(state))
      .map(({rule, scope}) => {
        const names = scope.flatMap(v => movers[v]?.name ?? [])
        const versions = names.map(name => `${name} ${current[name] ?? ''}`.trim()).join(' and ')
        const what = `${rule.because} (${rule.level}, rule ${rule.id})`
        const url = rule.source === undefined ? undefined : matrix.sources[rule.source]?.url
        return finding('Z010', versions, what, {source: url ?? rule.source ?? `rule ${rule.id}`})
      })
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    // Parts of a group that stand apart, and other states in which no plan can start.
    return error.diagnostics.map(d =>
      finding('Z010', 'the cluster', d.message, {source: matrix.product.title}),
    )
  }
}

function unsupported({matrix, detected, now}: View): Finding[] {
  const today = now.toISOString().slice(0, 10)
  return detected.running.flatMap(running => {
    const {component, version, where} = running
    const known = matrix.components[component]?.versions.find(v => v.version === version)
    if (!known) return []
    const source = known.source === undefined ? undefined : matrix.sources[known.source]
    const from = source?.url ?? source?.title
    const more = from === undefined ? {} : {source: from}
    const say = (what: string, level: 'problem' | 'warning') => [
      finding('Z011', nameOf(running), `${what} (${where})`, {level, ...more}),
    ]
    if (known.state === 'yanked')
      return say(`${version} was withdrawn: ${known.withdrawn ?? 'no reason given'}`, 'problem')
    if (known.endOfSupport !== undefined && known.endOfSupport < today)
      return say(`${version} has had no support since ${known.endOfSupport}`, 'warning')
    return known.state === 'eol' ? say(`${version} is out of support`, 'warning') : []
  })
}

function nameOf({component, instance, version}: Running): string {
  return `${component}${instance === undefined ? '' : `@${instance}`} ${version}`
}

function mixedGroups({snapshot}: View): Finding[] {
  const groups = Map.groupBy(itemsOf(snapshot.nodes), groupOf)
  return [...groups].flatMap(([group, nodes]) => {
    const versions = [...Map.groupBy(nodes, node => node.kubelet)].sort(([a], [b]) => (a < b ? -1 : 1))
    if (versions.length < 2) return []
    const text = versions
      .map(
        ([version, of]) =>
          `${version} on ${some(
            of.map(n => n.name),
            2,
          )}`,
      )
      .join('; ')
    return [finding('Z021', `node group ${group}`, text)]
  })
}
