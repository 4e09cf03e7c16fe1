import type {Action} from '../upgrade/actions/action.ts'
import {quote} from '../upgrade/actions/call.ts'
import type {UpgradePlan} from '../upgrade/plan.ts'
import {isBegun} from './back.ts'
import type {RunState} from './state.ts'
import {numbered, type RunSite, type Task, taskId, tasksOf} from './tasks.ts'

/**
 * What stops the damage of the hop under way: its workloads to zero, then its recipe of going back, restores included.
 * Nothing is asked and no deadline is kept: a recipe that comes too late fails, and that is told.
 * @returns none when no hop was begun
 */
export function emergencyTasks({hops}: UpgradePlan, state: RunState, site: RunSite): Task[] {
  // What is merely approved is not under way, and what went back no longer is.
  const hop = hops.findLast(h => isBegun(h, state, site) && !state.back.has(h.number))
  if (!hop) return []
  const stops = unique(tasksOf(hop, site).flatMap(({action}) => scaleDown(action)))
  const scaled = stops.map(
    ({what, action}, i): Task => ({
      id: taskId(hop.number, i + 1, 'emergency'),
      hop: hop.number,
      way: 'emergency',
      phase: 'change',
      title: `Scale down: ${what}`,
      action,
      timeout: 120_000,
    }),
  )
  const back = numbered(hop.rollback, hop, 'emergency', site)
    // What is for people is in the report; nobody is waited for.
    .filter(({action}) => action.action !== 'approve')
    .map((task, i): Task => ({...task, id: taskId(hop.number, scaled.length + i + 1, 'emergency')}))
  return [...scaled, ...back]
}

type Stop = {what: string; action: Action}

/** Replicas of what an action rolls out; DaemonSets have none to take away. */
function scaleDown(action: Action): Stop[] {
  switch (action.action) {
    case 'set-image':
    case 'kubectl-scale': {
      const {resource, namespace} = action
      return [{what: resource, action: {action: 'kubectl-scale', resource, namespace, replicas: 0}}]
    }
    case 'helm-upgrade': {
      const {release, namespace} = action
      const where = namespace === undefined ? '' : ` -n ${quote(namespace)}`
      const label = quote(`app.kubernetes.io/instance=${release}`)
      // A chart without any, such as one of CRDs, is well; objects that cannot be listed are not.
      const names = `names=$(kubectl get deployment,statefulset${where} -l ${label} -o name)`
      const run = [`${names} && [ -z "$names" ] || kubectl scale${where} --replicas=0 $names`]
      return [
        {what: `workloads of ${release}`, action: {action: 'commands', run, repeatable: true, poll: false}},
      ]
    }
    default:
      return []
  }
}

function unique(stops: readonly Stop[]): Stop[] {
  const seen = new Map(stops.map(stop => [JSON.stringify(stop), stop]))
  return [...seen.values()]
}
