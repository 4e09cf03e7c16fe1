import type {Pdb, PodFacts} from '../../live/facts.ts'
import {itemsOf} from '../../live/read.ts'
import {selects} from '../../live/selector.ts'
import {type Finding, finding, some} from '../finding.ts'
import type {Check, View} from './check.ts'

export const nodeChecks: readonly Check[] = [
  {name: 'nodes that are not ready', needs: ['nodes'], judge: notReady},
  {name: 'budgets that block a drain', needs: ['pdbs', 'pods'], judge: blockingBudgets},
  {name: 'pods without a controller', needs: ['pods'], judge: barePods},
]

function notReady({snapshot}: View): Finding[] {
  return itemsOf(snapshot.nodes)
    .filter(node => node.ready !== 'True')
    .map(({name, ready, readyMessage}) => {
      const what = ready === 'Unknown' ? 'its kubelet says nothing' : `its kubelet says: ${readyMessage}`
      return finding('Z020', `node ${name}`, what, {
        todo: `kubectl describe node ${name}; on the node, the logs of kubelet and of the container runtime`,
      })
    })
}

/** Pods that an eviction would have to move. */
function movable(pods: readonly PodFacts[]): PodFacts[] {
  return pods.filter(
    pod => pod.node !== undefined && !pod.ofDaemonSet && pod.phase !== 'Succeeded' && pod.phase !== 'Failed',
  )
}

function blockingBudgets({snapshot}: View): Finding[] {
  const budgets = Map.groupBy(itemsOf(snapshot.pdbs), pdb => pdb.namespace)
  const held = new Map<Pdb, PodFacts[]>()
  const twice: Finding[] = []
  for (const pod of movable(itemsOf(snapshot.pods))) {
    const taken = (budgets.get(pod.namespace) ?? []).filter(pdb => selects(pdb.selector, pod.labels))
    for (const pdb of taken) held.set(pdb, [...(held.get(pdb) ?? []), pod])
    if (taken.length > 1)
      twice.push(
        finding(
          'Z041',
          `pod ${pod.namespace}/${pod.name}`,
          `selected by ${some(taken.map(pdb => pdb.name))}`,
        ),
      )
  }
  const blocking = [...held].filter(([pdb]) => pdb.allowed === 0)
  return [...blocking.map(([pdb, pods]) => blockingBudget(pdb, pods)), ...twice]
}

function blockingBudget({namespace, name, healthy, needed}: Pdb, pods: readonly PodFacts[]): Finding {
  const where = some(pods.map(pod => `${pod.name} on ${pod.node}`))
  const what = `no pod may go: ${healthy} of the ${needed} that it needs are healthy; it holds ${where}`
  return finding('Z040', `poddisruptionbudget ${namespace}/${name}`, what)
}

function barePods({snapshot}: View): Finding[] {
  const bare = movable(itemsOf(snapshot.pods)).filter(pod => !pod.controlled)
  const byNamespace = [...Map.groupBy(bare, pod => pod.namespace)].sort(([a], [b]) => (a < b ? -1 : 1))
  return byNamespace.map(([namespace, pods]) => {
    const names = some(pods.map(pod => `${pod.name} on ${pod.node}`))
    return finding('Z042', `namespace ${namespace}`, names)
  })
}
