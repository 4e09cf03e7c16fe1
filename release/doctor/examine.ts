import {type Detected, detectVersions} from '../live/detect.ts'
import type {Snapshot} from '../live/read.ts'
import type {Matrix} from '../matrix/schema/index.ts'
import {apiChecks} from './checks/api.ts'
import type {Check, Need} from './checks/check.ts'
import {deviceChecks} from './checks/devices.ts'
import {moduleChecks} from './checks/modules.ts'
import {nodeChecks} from './checks/nodes.ts'
import {operatorChecks} from './checks/operators.ts'
import {versionChecks} from './checks/versions.ts'
import {type Finding, finding, type Level, some} from './finding.ts'

const checks: readonly Check[] = [
  ...versionChecks,
  ...nodeChecks,
  ...apiChecks,
  ...operatorChecks,
  ...moduleChecks,
  ...deviceChecks,
]

export type Report = {
  readonly apiVersion: 'lockstep/doctor/v1'
  readonly server: string
  readonly versions: Detected
  /** Problems first, then warnings, then what is unknown; each by code, then by object. */
  readonly findings: readonly Finding[]
  /** `absent`: the cluster has nothing of the kind; `unseen`: it could not be looked at. */
  readonly checks: readonly {readonly name: string; readonly state: 'done' | 'absent' | 'unseen'}[]
}

/** What is wrong in a cluster that was read, by the matrix and by the rules of its parts. */
export async function examine(
  snapshot: Snapshot,
  {matrix, now}: {matrix: Matrix; now: Date},
): Promise<Report> {
  const detected = detectVersions(snapshot, matrix)
  const view = {snapshot, matrix, detected, now}
  const judged = await Promise.all(
    checks.map(async check => {
      const state = stateOf(check, snapshot)
      return {name: check.name, state, findings: state === 'done' ? await check.judge(view) : []}
    }),
  )
  return {
    apiVersion: 'lockstep/doctor/v1',
    server: snapshot.server,
    versions: detected,
    findings: sortFindings([...judged.flatMap(j => j.findings), ...unseen(snapshot)]),
    checks: judged.map(({name, state}) => ({name, state})),
  }
}

/** What was not seen weighs more than what is not there: the other may change the answer. */
function stateOf({needs}: Check, snapshot: Snapshot): 'done' | 'absent' | 'unseen' {
  const states = needs.map(need => snapshot[need].state)
  if (states.includes('unseen')) return 'unseen'
  return states.includes('absent') ? 'absent' : 'done'
}

/** One finding for each kind that could not be seen, with the checks that are silent for it. */
function unseen(snapshot: Snapshot): Finding[] {
  const needs = [...new Set(checks.flatMap(check => check.needs))]
  return needs.flatMap((need: Need) => {
    const list = snapshot[need]
    if (list.state !== 'unseen') return []
    const silent = checks.filter(check => check.needs.includes(need)).map(check => check.name)
    return [finding('Z001', `unseen ${need}`, `${list.why}; so nothing is known of ${some(silent, 9)}`)]
  })
}

const levels: readonly Level[] = ['problem', 'warning', 'unknown']

export function sortFindings(findings: readonly Finding[]): Finding[] {
  const key = (f: Finding) => [String(levels.indexOf(f.level)), f.code, f.about, f.what].join('\0')
  return findings.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
}
