import {at, textAt} from '../../lib/fields.ts'
import type {ActionOf, Circumstances, Kind, Observation} from './action.ts'
import {type Answer, type Call, complaint, jsonOf, quote, shellLine} from './call.ts'
import {remark} from './shell.ts'

type Revision = {revision: number; status: string; chart: string}
type Release = {release: string; namespace?: string | undefined}

/** Statuses in which a revision's objects are what it says. */
const sound = ['deployed', 'superseded']

export const helmUpgrade: Kind<ActionOf<'helm-upgrade'>> = {
  // Its own way back, when the upgrade has used up its time, waits as long again.
  patience: timeout => 2 * timeout,
  twice: () => 'observed',
  look: action => [
    history(action),
    ...(Object.keys(action.values).length > 0
      ? [program('get', 'values', action.release, ...inNamespace(action), '-o', 'json')]
      : []),
  ],
  judge: (action, answers) => {
    const seen = judgeRevisions(answers[0])
    if ('state' in seen) return seen
    const last = seen.revisions.at(-1)
    if (!last) return {state: 'not-started', saw: 'no such release'}
    const saw = `${last.chart} ${last.status}`
    if (isPending(last)) return {state: 'in-progress', saw}
    const there =
      last.status === 'deployed' &&
      last.chart === `${chartName(action.chart)}-${action.version}` &&
      Object.entries(action.values).every(([name, value]) => hasValue(jsonOf(answers[1]), name, value))
    return {state: there ? 'applied' : 'not-started', saw}
  },
  act: (action, _, circumstances) => [upgrade(action, circumstances)],
  // Without the flags whose names differ between Helm's majors: a person sees what happens.
  script: (action, {timeout}) => {
    const [first, second] = upgradeWords(action)
    const line = (words: readonly string[]) => words.map(quote).join(' ')
    return [
      `${line(['helm', ...first])} \\\n  ${line([...second, '--wait', `--timeout=${seconds(timeout)}`])}`,
    ]
  },
  recover: (action, answers) => unblock(action, answers),
  undo: ({release, namespace}, before) => {
    const seen = judgeRevisions(before[0])
    if ('state' in seen) return undefined
    const last = seen.revisions.findLast(r => sound.includes(r.status))
    const of = {release, namespace}
    return last
      ? [{action: 'helm-rollback', ...of, version: versionOfChart(last.chart)}]
      : [{action: 'helm-uninstall', ...of}]
  },
}

export const helmUninstall: Kind<ActionOf<'helm-uninstall'>> = {
  twice: () => 'observed',
  look: action => [history(action)],
  judge: (_, answers) => {
    const seen = judgeRevisions(answers[0])
    if ('state' in seen) return seen
    const last = seen.revisions.at(-1)
    if (!last || last.status === 'uninstalled') return {state: 'applied', saw: 'no such release'}
    return {
      state: last.status === 'uninstalling' ? 'in-progress' : 'not-started',
      saw: `${last.chart} ${last.status}`,
    }
  },
  act: (action, _, {timeout}) => [
    program('uninstall', action.release, ...inNamespace(action), '--wait', `--timeout=${seconds(timeout)}`),
  ],
  // Uninstalling again goes on where the dead client stopped.
  recover: (action, _, {timeout}) => [
    program('uninstall', action.release, ...inNamespace(action), '--wait', `--timeout=${seconds(timeout)}`),
  ],
}

export const helmRollback: Kind<ActionOf<'helm-rollback'>> = {
  twice: () => 'observed',
  look: action => [history(action)],
  judge: ({version}, answers) => {
    const seen = judgeRevisions(answers[0])
    if ('state' in seen) return seen
    const last = seen.revisions.at(-1)
    if (!last) return {state: 'failed', saw: 'no such release'}
    const saw = `${last.chart} ${last.status}`
    if (isPending(last)) return {state: 'in-progress', saw}
    if (last.status === 'deployed' && versionOfChart(last.chart) === version) return {state: 'applied', saw}
    return revisionOf(seen.revisions, version) === undefined
      ? {state: 'failed', saw: `${saw}; no sound revision of ${version} is left in the history`}
      : {state: 'not-started', saw}
  },
  act: (action, answers, {timeout}) => {
    const seen = judgeRevisions(answers[0])
    const revision = 'state' in seen ? undefined : revisionOf(seen.revisions, action.version)
    return revision === undefined ? [] : [rollback(action, revision, timeout)]
  },
  script: (action, {timeout}) => [
    shellLine(program('history', action.release, ...inNamespace(action))),
    `${shellLine(program('rollback', action.release, 'REVISION', ...inNamespace(action), '--wait', `--timeout=${seconds(timeout)}`))}  ${remark(`the newest of ${action.version}`)}`,
  ],
  recover: (action, answers) => unblock(action, answers),
}

/** `oci://registry/charts/mock-device` is the chart mock-device. */
function chartName(chart: string): string {
  return chart.split('/').at(-1) ?? chart
}

/** Helm joins name and version by a dash and says both only so; the version begins at the first dash before a number. */
export function versionOfChart(chart: string): string {
  return /-(v?\d+\..*)$/.exec(chart)?.[1] ?? chart
}

function upgrade(action: ActionOf<'helm-upgrade'>, {helm, timeout}: Circumstances): Call {
  const wait = [helm === 3 ? '--atomic' : '--rollback-on-failure', '--wait', `--timeout=${seconds(timeout)}`]
  return program(...upgradeWords(action).flat(), ...wait)
}

/** What is upgraded, and how. */
function upgradeWords(action: ActionOf<'helm-upgrade'>): [string[], string[]] {
  const {release, chart, version, values, files} = action
  return [
    ['upgrade', '--install', release, chart],
    [
      ...['--version', version, ...inNamespace(action)],
      ...(action.namespace === undefined ? [] : ['--create-namespace']),
      ...(files.length > 0 ? files.flatMap(file => ['--values', file]) : ['--reset-then-reuse-values']),
      ...Object.entries(values).flatMap(([name, value]) => ['--set', `${name}=${literal(value)}`]),
    ],
  ]
}

/** `--set` takes a comma for the beginning of the next value. */
function literal(value: string | null): string {
  return value === null ? 'null' : value.replaceAll(/[\\,]/g, sign => `\\${sign}`)
}

/** What a dead client left pending blocks every other operation; Helm itself never clears it away. */
function unblock(of: Release, answers: readonly Answer[]): readonly Call[] | undefined {
  const seen = judgeRevisions(answers[0])
  if ('state' in seen) return undefined
  const last = seen.revisions.at(-1)
  if (last?.status === 'pending-install') return [program('uninstall', of.release, ...inNamespace(of))]
  const good = seen.revisions.findLast(r => sound.includes(r.status))
  return good && [rollback(of, good.revision)]
}

function rollback(of: Release, revision: number, timeout?: number): Call {
  const waits = timeout === undefined ? [] : ['--wait', `--timeout=${seconds(timeout)}`]
  return program('rollback', of.release, String(revision), ...inNamespace(of), ...waits)
}

function history(of: Release): Call {
  return program('history', of.release, ...inNamespace(of), '-o', 'json')
}

/** Oldest first; none when there is no release. */
function judgeRevisions(answer: Answer | undefined): {revisions: Revision[]} | Observation {
  const list = jsonOf(answer)
  if (Array.isArray(list))
    return {
      revisions: list.map(entry => ({
        revision: Number(at(entry, 'revision')),
        status: textAt(entry, 'status') ?? '',
        chart: textAt(entry, 'chart') ?? '',
      })),
    }
  if (answer?.stderr.includes('not found')) return {revisions: []}
  return {state: 'unknown', saw: answer ? complaint(answer) : 'nobody looked'}
}

function isPending({status}: Revision): boolean {
  return status.startsWith('pending-') || status === 'uninstalling'
}

function revisionOf(revisions: readonly Revision[], version: string): number | undefined {
  return revisions.findLast(r => sound.includes(r.status) && versionOfChart(r.chart) === version)?.revision
}

function hasValue(values: unknown, name: string, value: string | null): boolean {
  const found = at(values, ...name.split('.'))
  return value === null ? found === undefined || found === null : String(found) === value
}

function inNamespace({namespace}: Release): string[] {
  return namespace === undefined ? [] : ['--namespace', namespace]
}

function program(...args: string[]): Call {
  return {argv: ['helm', ...args]}
}

function seconds(timeout: number): string {
  return timeout % 60_000 === 0 ? `${timeout / 60_000}m` : `${Math.ceil(timeout / 1000)}s`
}
