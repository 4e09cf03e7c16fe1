import type {Step} from '../../matrix/schema/rules.ts'
import type {Action, Circumstances} from './action.ts'
import {shellLine} from './call.ts'
import {fill} from './fill.ts'
import {kindOf} from './kinds.ts'

/** A step of a procedure or of a plan; `phase` says how plain commands are to be taken. */
export type StepLike = Partial<
  Pick<Step, 'set' | 'do' | 'probe' | 'run' | 'matches' | 'done' | 'repeatable' | 'timeout'>
> & {title: string; phase?: string}

export type Site = {
  /** By name, and by `component.name` where components differ. */
  parameters: Readonly<Record<string, string>>
  /** Where charts are that say no repository of their own: `oci://ghcr.io/acme/charts`. */
  charts?: string
}

/** What a step takes at most unless it says so, milliseconds. */
export const usualTimeout = 10 * 60_000

/** A step as an action; one that has nothing for a machine asks a person. */
export function actionOf(step: StepLike, {parameters, charts}: Site): Action {
  return fill(bare(step, charts), parameters)
}

function bare(step: StepLike, charts: string | undefined): Action {
  const {set, do: typed, probe, run, matches, done, phase, title} = step
  if (typed) return typed
  if (set) return ofDesired(set, title, charts)
  if (probe) return ofProbe(probe)
  if (!run) return {action: 'approve', question: title}
  const repeatable = step.repeatable ?? (phase !== undefined && phase !== 'change' && phase !== 'rollback')
  const poll = phase === 'wait' && matches !== undefined
  return {action: 'commands', run, matches, done, repeatable, poll}
}

function ofDesired(set: NonNullable<Step['set']>, title: string, charts: string | undefined): Action {
  if ('field' in set)
    return {
      action: 'file-edit',
      file: set.file,
      path: set.field,
      to: set.to,
      commit: `Set ${set.field} to ${set.to}`,
    }
  if ('image' in set) {
    const {image, to, resource, namespace} = set
    return resource === undefined
      ? {action: 'approve', question: `${title} Set the image ${image} to ${to}.`}
      : {action: 'set-image', image, to, resource, namespace}
  }
  const {
    chart,
    repository = charts,
    release = '{{release}}',
    namespace = '{{namespace}}',
    to,
    values = {},
  } = set
  return {
    action: 'helm-upgrade',
    release,
    namespace,
    chart: repository === undefined ? chart : `${repository}/${chart}`,
    version: to,
    values,
    files: [],
  }
}

function ofProbe(probe: NonNullable<Step['probe']>): Action {
  if ('http' in probe) return {action: 'http', url: probe.http, status: probe.status}
  if ('promql' in probe) {
    const {promql, holds, server = '{{prometheus}}'} = probe
    return {action: 'promql', server, query: promql, holds}
  }
  return {
    action: 'kubectl-wait',
    resource: probe.resource,
    for: `condition=${probe.condition}`,
    namespace: probe.namespace,
  }
}

/**
 * The shell commands of any step, for runbooks and documents; parameters that are not given stay in {{braces}}. A step
 * for a person has none.
 */
export function commandsOf(step: StepLike, site: Site, helm: 3 | 4 = 4): string[] {
  return commandsOfAction(actionOf(step, site), {helm, token: '', timeout: step.timeout ?? usualTimeout})
}

/** The same of an action; what it takes from the world at its time is said in capitals. */
export function commandsOfAction(action: Action, circumstances: Circumstances): string[] {
  const {script, gate, look, act} = kindOf(action)
  if (script) return [...script(action, circumstances)]
  return (gate?.(action) ? look(action) : act(action, [], circumstances)).map(shellLine)
}
