import type {HelmRevision, KubeVirt, Workload} from '../../live/facts.ts'
import {itemsOf, type Snapshot} from '../../live/read.ts'
import {ageText, type Finding, finding, some} from '../finding.ts'
import {type Check, patience, secondsSince, type View} from './check.ts'

export const operatorChecks: readonly Check[] = [
  {name: 'Helm releases', needs: ['helmRevisions'], judge: helmReleases},
  {
    name: 'KMM, cert-manager and other controllers',
    needs: ['deployments', 'daemonSets', 'statefulSets'],
    judge: controllers,
  },
  {name: 'certificates', needs: ['certificates'], judge: certificates},
  {
    name: 'KubeVirt',
    needs: ['kubeVirts'],
    judge: ({snapshot}) => itemsOf(snapshot.kubeVirts).flatMap(kubeVirt),
  },
  {name: 'launchers of virtual machines', needs: ['vmis'], judge: launchers},
  {name: 'migrations of virtual machines', needs: ['migrations'], judge: migrations},
]

function helmReleases({snapshot, now}: View): Finding[] {
  const all = Map.groupBy(itemsOf(snapshot.helmRevisions), r => `${r.namespace}/${r.release}`)
  return [...all].flatMap(([name, revisions]) => {
    const sorted = revisions.toSorted((a, b) => b.revision - a.revision)
    const [latest] = sorted
    if (!latest) return []
    const {status, revision} = latest
    if (status.startsWith('pending-')) return [pending(name, latest, sorted, now)]
    if (status !== 'failed') return []
    return [finding('Z051', `helm release ${name}`, `revision ${revision} is ${status}`)]
  })
}

/** Going back undoes a change that did not end; the first install has nothing to go back to. */
function pending(name: string, latest: HelmRevision, sorted: readonly HelmRevision[], now: Date): Finding {
  const {namespace, release, revision, status, modified} = latest
  const age = modified === undefined ? undefined : now.getTime() / 1000 - modified
  const good = sorted.find(r => r.status === 'deployed' || r.status === 'superseded')
  const cure = good
    ? `helm rollback ${release} ${good.revision} --namespace ${namespace}`
    : `helm uninstall ${release} --namespace ${namespace}`
  const since = age === undefined ? '' : ` for ${ageText(age)}`
  const what = `revision ${revision} has been ${status}${since}`
  if (age !== undefined && age < patience)
    return finding('Z050', `helm release ${name}`, what, {
      level: 'warning',
      why: 'Somebody may be changing it just now.',
      todo: `wait for it; when nobody is: ${cure}`,
    })
  return finding('Z050', `helm release ${name}`, what, {todo: `make sure that no helm runs, then ${cure}`})
}

/** Whose controllers are looked at, by the name that their labels have in common; KubeVirt's have none but their own. */
const lookedAfter =
  /^(kmm|virt-(operator|api|controller|handler)$|kernel-module-management|cert-manager|kubevirt|karpenter|kserve|istiod|argo-?cd|argo-workflows|flux|mock-device)/

function controllers({snapshot}: View): Finding[] {
  const {deployments, daemonSets, statefulSets} = snapshot
  return [deployments, daemonSets, statefulSets]
    .flatMap(itemsOf)
    .filter(workload => workload.available < workload.wanted && isLookedAfter(workload))
    .map(({kind, namespace, name, wanted, available}) =>
      finding(
        'Z080',
        `${kind.toLowerCase()} ${namespace}/${name}`,
        `${available} of ${wanted} pods are available`,
        {
          todo: `kubectl -n ${namespace} describe ${kind.toLowerCase()} ${name}, and the logs of its pods`,
        },
      ),
    )
}

function isLookedAfter({labels, name}: Workload): boolean {
  const names = [
    labels['app.kubernetes.io/part-of'],
    labels['app.kubernetes.io/name'],
    labels['app.kubernetes.io/managed-by'],
    labels.app,
    name,
  ]
  return names.some(text => text !== undefined && lookedAfter.test(text))
}

function certificates({snapshot, now}: View): Finding[] {
  return itemsOf(snapshot.certificates).flatMap(({namespace, name, ready, message, notAfter}) => {
    const about = `certificate ${namespace}/${name}`
    const left = notAfter === undefined ? undefined : -secondsSince(notAfter, now)
    if (left !== undefined && left <= 0)
      return [finding('Z081', about, `ended ${ageText(-left)} ago, on ${notAfter}`)]
    return ready === 'True' ? [] : [finding('Z081', about, message || 'cert-manager has not judged it yet')]
  })
}

function kubeVirt({namespace, name, phase, observed, target, conditions}: KubeVirt): Finding[] {
  const troubles = [
    ...(phase === 'Deployed' ? [] : [`its phase is ${phase || 'not set'}`]),
    ...(conditions.Available === 'False' ? ['it is not available'] : []),
    ...(conditions.Degraded === 'True' ? ['it is degraded'] : []),
    ...(target !== undefined && target !== observed
      ? [`it is on the way from ${observed} to ${target}`]
      : []),
  ]
  return troubles.length === 0 ? [] : [finding('Z070', `kubevirt ${namespace}/${name}`, troubles.join('; '))]
}

function launchers({snapshot}: View): Finding[] {
  const outdated = itemsOf(snapshot.vmis).filter(vmi => vmi.outdated)
  if (outdated.length === 0) return []
  const names = (list: typeof outdated) => some(list.map(vmi => `${vmi.namespace}/${vmi.name}`))
  const fixed = outdated.filter(vmi => vmi.migratable === 'False')
  const nobody = updatesByNobody(snapshot)
  const what = [
    `${outdated.length}: ${names(outdated)}`,
    ...(fixed.length > 0 ? [`cannot migrate: ${names(fixed)}`] : []),
    ...(nobody ? ['KubeVirt is told to update none (workloadUpdateMethods is empty)'] : []),
  ]
  return [finding('Z071', 'virtual machines', what.join('; '))]
}

function updatesByNobody({kubeVirts}: Snapshot): boolean {
  return itemsOf(kubeVirts).some(kv => kv.updates.length === 0)
}

function migrations({snapshot, now}: View): Finding[] {
  return itemsOf(snapshot.migrations)
    .filter(({phase}) => phase !== 'Succeeded' && phase !== 'Failed')
    .map(({namespace, machine, name, phase, created}) =>
      finding(
        'Z072',
        `virtualmachineinstancemigration ${namespace}/${name}`,
        `${machine} has been ${phase || 'waiting'} for ${ageText(secondsSince(created, now))}`,
      ),
    )
}
