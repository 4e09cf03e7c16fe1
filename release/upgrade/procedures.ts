import {compareVersions, parseVersion} from '../lib/versions.ts'
import type {Matrix} from '../matrix/schema/index.ts'
import type {Procedure, Step} from '../matrix/schema/rules.ts'
import {fill} from './actions/fill.ts'
import type {Mover} from './domain.ts'

const phases = ['before', 'backup', 'change', 'wait', 'verify', 'rollback'] as const

export type PlannedStep = {
  phase: (typeof phases)[number]
  procedure: string
  title: string
  /** A desired state; who owns the thing decides how it is written. */
  set?: NonNullable<Procedure['change'][number]['set']>
  /** What is done where a desired state is not enough; parameters of the site stay in braces. */
  do?: NonNullable<Procedure['change'][number]['do']>
  /** Commands, where no action fits. */
  run?: string[]
  /** How commands are judged: what the output of the last one matches, and a command that tells that they were done. */
  matches?: string
  done?: {run: string; matches: string}
  /** Doing it twice is as good as once. */
  repeatable?: boolean
  probe?: NonNullable<Procedure['change'][number]['probe']>
  expect?: string
  because?: string
  /** Milliseconds. */
  timeout?: number
}

/** How far a move goes. */
export function kindOfMove(
  {versions}: Mover,
  from: number,
  to: number,
): 'patch' | 'minor' | 'major' | 'rollback' {
  const [a, b] = [versions[from]?.numbers ?? [], versions[to]?.numbers ?? []]
  if (to < from) return 'rollback'
  if (a[0] !== b[0]) return 'major'
  return a[1] === b[1] ? 'patch' : 'minor'
}

/**
 * The procedures of a move: those for every move first; then, where one is written for a crossing that the move makes,
 * that one, else those for its kind.
 */
export function proceduresFor(matrix: Matrix, mover: Mover, from: number, to: number): Procedure[] {
  const own = matrix.procedures.filter(p => p.component !== undefined && mover.members.includes(p.component))
  const every = own.filter(p => p.move === 'any' && p.crossing === undefined)
  const kind = kindOfMove(mover, from, to)
  const crossing = own.filter(
    p => p.crossing !== undefined && p.move !== 'rollback' && crosses(matrix, mover, from, to, p.crossing),
  )
  const usual = own.filter(p => p.crossing === undefined && p.move === kind)
  return [...every, ...(crossing.some(p => p.change.length > 0) ? crossing : [...crossing, ...usual])]
}

function crosses(
  matrix: Matrix,
  {component, versions}: Mover,
  from: number,
  to: number,
  crossing: string,
): boolean {
  const at = parseVersion(crossing, matrix.components[component]?.scheme ?? 'semver')
  const [a, b] = [versions[from], versions[to]]
  return (
    at !== undefined &&
    a !== undefined &&
    b !== undefined &&
    compareVersions(a, at) < 0 &&
    compareVersions(b, at) >= 0
  )
}

/** Which half of a reinstallation a hop is. */
export type Leg = 'uninstall' | 'install'

/**
 * The steps of procedures, phase by phase, with what is known of the move filled in, `from` and `version` at least. Of a reinstallation the hop
 * that uninstalls prepares, the one that installs waits and verifies; a change goes where its `leg` says, to the second if
 * it says nothing.
 */
export function stepsOf(
  procedures: readonly Procedure[],
  known: Readonly<Record<string, string>>,
  leg?: Leg,
): PlannedStep[] {
  return phases
    .filter(phase => phase !== 'rollback')
    .flatMap(phase => procedures.map(procedure => ({phase, procedure})))
    .flatMap(({phase, procedure}) =>
      procedure[phase]
        .filter(step => leg === undefined || legOf(phase, step.leg) === leg)
        .map(step => plannedStep(phase, procedure.id, fill(step, known))),
    )
}

function plannedStep(
  phase: PlannedStep['phase'],
  procedure: string,
  {title, set, do: typed, run, probe, matches, done, repeatable, expect, because, timeout}: Step,
): PlannedStep {
  return {
    phase,
    procedure,
    title,
    ...(set ? {set} : {}),
    ...(typed ? {do: typed} : {}),
    ...(run ? {run} : {}),
    ...(probe ? {probe} : {}),
    ...(matches === undefined ? {} : {matches}),
    ...(done ? {done} : {}),
    ...(repeatable === undefined ? {} : {repeatable}),
    ...(expect ? {expect} : {}),
    ...(because ? {because} : {}),
    ...(timeout === undefined ? {} : {timeout}),
  }
}

function legOf(phase: PlannedStep['phase'], leg: Leg | 'between' | undefined): Leg | 'between' {
  if (leg) return leg
  return phase === 'before' || phase === 'backup' ? 'uninstall' : 'install'
}
