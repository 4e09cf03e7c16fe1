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
    (action, i): Task => ({
      id: taskId(hop.number, i + 1, 'emergency'),
      hop: hop.number,
      way: 'emergency',
      phase: 'change',
      title: `Scale down: ${targetOf(action)}`,
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

/** Replicas of what an action rolls out; DaemonSets have none to take away. */
function scaleDown(action: Action): Action[] {
  switch (action.action) {
    case 'set-image':
    case 'kubectl-scale':
      return [{action: 'kubectl-scale', resource: action.resource, namespace: action.namespace, replicas: 0}]
    case 'helm-upgrade': {
      const {release, namespace} = action
      const where = namespace === undefined ? '' : ` -n ${quote(namespace)}`
      const label = `app.kubernetes.io/instance=${release}`
      return [
        {
          action: 'commands',
          run: [`kubectl scale deployment,statefulset${where} -l ${quote(label)} --replicas=0`],
          repeatable: true,
          poll: false,
        },
      ]
    }
    default:
      return []
  }
}

function targetOf(action: Action): string {
  if (action.action === 'kubectl-scale') return action.resource
  return action.action === 'commands' ? (action.run[0] ?? '') : action.action
}

function unique(actions: readonly Action[]): Action[] {
  const seen = new Map(actions.map(action => [JSON.stringify(action), action]))
  return [...seen.values()]
}
