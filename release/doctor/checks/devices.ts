import type {Claim, PodFacts, Slice} from '../../live/facts.ts'
import {itemsOf, type Snapshot} from '../../live/read.ts'
import {driverComponents} from '../../live/signs.ts'
import {ageText, type Finding, finding, some} from '../finding.ts'
import {type Check, patience, secondsSince, type View} from './check.ts'

export const deviceChecks: readonly Check[] = [
  {name: 'pools of devices', needs: ['slices', 'nodes'], judge: pools},
  {name: 'tainted devices', needs: ['slices'], judge: taints},
  {name: 'drivers that publish nothing', needs: ['slices', 'pods'], judge: silentDrivers},
  {name: 'resource claims', needs: ['claims', 'classes', 'pods', 'slices'], judge: claims},
]

function pools({snapshot}: View): Finding[] {
  const nodes = new Set(itemsOf(snapshot.nodes).map(node => node.name))
  const slices = itemsOf(snapshot.slices)
  const gone = slices.filter(slice => slice.node !== undefined && !nodes.has(slice.node))
  const byPool = Map.groupBy(slices, slice => `${slice.driver}/${slice.pool}`)
  return [
    ...[...byPool].flatMap(([pool, of]) => incomplete(pool, of)),
    ...[...Map.groupBy(gone, slice => slice.node ?? '')].map(([node, of]) =>
      finding(
        'Z101',
        `resourceslices of node ${node}`,
        `there is no such node; left are ${some(of.map(s => s.name))}`,
      ),
    ),
  ]
}

/** Only slices of the newest generation count, and all of them must be there. */
function incomplete(pool: string, slices: readonly Slice[]): Finding[] {
  const newest = Math.max(...slices.map(slice => slice.generation))
  const current = slices.filter(slice => slice.generation === newest)
  const count = current[0]?.count ?? 0
  if (current.length === count) return []
  return [
    finding('Z100', `pool ${pool}`, `${current.length} of ${count} slices of generation ${newest} are there`),
  ]
}

function taints({snapshot}: View): Finding[] {
  return itemsOf(snapshot.slices).flatMap(({driver, pool, devices}) => {
    const tainted = devices.filter(device => device.taints.length > 0)
    if (tainted.length === 0) return []
    const names = some(
      tainted.map(
        ({name, taints: all}) => `${name} (${all.map(t => `${t.key}=${t.value}:${t.effect}`).join(', ')})`,
      ),
    )
    return [finding('Z102', `pool ${driver}/${pool}`, names)]
  })
}

/** The API does not tell which driver a pod is; those that label their pods as drivers can be told. */
function silentDrivers({snapshot}: View): Finding[] {
  const publishing = new Set(itemsOf(snapshot.slices).flatMap(slice => slice.node ?? []))
  const silent = itemsOf(snapshot.pods).filter(
    ({labels, ready, node, ofDaemonSet}) =>
      ofDaemonSet &&
      ready &&
      node !== undefined &&
      !publishing.has(node) &&
      driverComponents.some(name => name === labels['app.kubernetes.io/component']),
  )
  const byNamespace = [...Map.groupBy(silent, pod => pod.namespace)]
  return byNamespace.map(([namespace, pods]) =>
    finding(
      'Z104',
      `drivers in namespace ${namespace}`,
      `no slices from ${some(pods.map(pod => `${pod.node} (${pod.name})`))}`,
    ),
  )
}

function claims(view: View): Finding[] {
  const {snapshot, now} = view
  const pods = new Map(itemsOf(snapshot.pods).map(pod => [`${pod.namespace}/${pod.name}`, pod]))
  const classes = new Set(itemsOf(snapshot.classes).map(one => one.name))
  const devices = devicesOf(snapshot)
  const waiting = Map.groupBy(
    [...pods.values()]
      .filter(pod => pod.unschedulable !== undefined)
      .flatMap(pod => pod.claims.map(claim => ({pod, claim}))),
    ({pod, claim}) => `${pod.namespace}/${claim}`,
  )
  return itemsOf(snapshot.claims).flatMap(claim => {
    const {namespace, name} = claim
    const [first] = waiting.get(`${namespace}/${name}`) ?? []
    const what = troubleOf(claim, {pods, classes, devices, pod: first?.pod, now})
    return what === undefined ? [] : [finding('Z103', `resourceclaim ${namespace}/${name}`, what)]
  })
}

function devicesOf({slices}: Snapshot): Set<string> {
  return new Set(
    itemsOf(slices).flatMap(({driver, pool, devices}) =>
      devices.map(({name}) => `${driver}/${pool}/${name}`),
    ),
  )
}

type Around = {
  pods: ReadonlyMap<string, PodFacts>
  classes: ReadonlySet<string>
  devices: ReadonlySet<string>
  /** A pod that waits for it. */
  pod: PodFacts | undefined
  now: Date
}

function troubleOf(claim: Claim, {pods, classes, devices, pod, now}: Around): string | undefined {
  const {namespace, created, deleted, allocated, reservedFor} = claim
  if (deleted !== undefined && secondsSince(deleted, now) > patience)
    return `it has been going for ${ageText(secondsSince(deleted, now))}; its driver may not have unprepared it`
  if (deleted !== undefined) return undefined
  const unknown = claim.classes.filter(name => !classes.has(name))
  if (allocated.length === 0 && unknown.length > 0) return `there is no device class ${unknown.join(', ')}`
  if (allocated.length === 0 && pod) return `${pod.name} waits: ${pod.unschedulable}`
  const lost = allocated.map(d => `${d.driver}/${d.pool}/${d.device}`).filter(device => !devices.has(device))
  if (lost.length > 0) return `it has ${some(lost)}, which no slice has any more`
  // Pods are not listed at the same moment: the one of a claim that was just made may not have been there.
  if (created !== '' && secondsSince(created, now) < patience) return undefined
  const ended = reservedFor.filter(name => !pods.has(`${namespace}/${name}`))
  if (ended.length > 0) return `it is reserved for ${some(ended)}, which is gone`
  return undefined
}
