import {type Diagnostic, DiagnosticError} from '#lib/diagnostics.ts'
import {contains} from '../lib/range.ts'
import {parseRange} from '../lib/range-text.ts'
import {
  compareVersions,
  minorOf,
  parseVersion,
  runningVersion,
  type Scheme,
  type Version,
} from '../lib/versions.ts'
import type {Matrix} from '../matrix/schema/index.ts'
import {absent} from './absent.ts'
import type {UpgradeRequest} from './request.ts'
import {apart, notCurrent, notVersion, unknownComponent, withdrawn} from './request-problems.ts'
import {type OwnTransition, ownTransitions} from './transitions.ts'

/** Something with one version of its own: a component, one instance of it, or a group that moves as one. */
export type Mover = {
  /** `kubernetes`, `kubelet@pool-a`. */
  readonly name: string
  /** Of the matrix; transitions and procedures go by it. For a group, its first member. */
  readonly component: string
  readonly instance?: string
  readonly group?: string
  /** What moves with it, in its order; the component alone unless it is a group. */
  readonly members: readonly string[]
  /** Lowest first. */
  readonly versions: readonly Version[]
  /** How many newer patches of the same minor each of them has; a prerelease is none. */
  readonly newer: readonly number[]
  readonly start: number
  readonly goals: readonly number[]
  /** Whether somebody asked for the goal. */
  readonly wanted?: string
  readonly axis: boolean
  /** What the matrix says of its moves. */
  readonly transitions: readonly OwnTransition[]
}

/**
 * What moves, in the order in which equals take their turn: by `order`, then by name.
 * @throws DiagnosticError with all that is wrong with the request: J001 unknown component, J002 not a version, J003 not a
 * range, J004 no version in the wanted range, J005 a group at different versions, J006 wanted but not current
 */
export function moversOf(request: UpgradeRequest): Mover[] {
  const problems: Diagnostic[] = []
  const movers = grouped(request, problems).flatMap(part => moverOf(part, request, problems) ?? [])
  for (const name of Object.keys(request.wanted))
    if (!Object.keys(request.current).some(key => key === name || key.split('@')[0] === name))
      problems.push(notCurrent(name, request.matrix))
  if (problems.length > 0) throw new DiagnosticError(problems, 2)
  const order = ({component}: Mover) => request.matrix.components[component]?.order ?? 0
  return movers.sort((a, b) => order(a) - order(b) || (a.name < b.name ? -1 : 1))
}

type Part = {
  name: string
  component: string
  instance?: string
  group?: string
  members: string[]
  running: string
}

function grouped({matrix, current}: UpgradeRequest, problems: Diagnostic[]): Part[] {
  const parts: Part[] = []
  for (const [name, running] of Object.entries(current)) {
    const [component = '', instance] = name.split('@')
    const known = Object.hasOwn(matrix.components, component) ? matrix.components[component] : undefined
    if (!known) {
      problems.push(unknownComponent(component, matrix))
      continue
    }
    const group = known.group
    const together = group === undefined ? undefined : parts.find(p => p.group === group)
    const [one, other] = [together?.running ?? '', running].map(text => runningVersion(text, known.scheme))
    if (together && one !== other) problems.push(apart(group ?? '', together, name, running))
    else if (together) together.members.push(component)
    else
      parts.push({
        name: group ?? name,
        component,
        members: [component],
        running,
        ...(instance ? {instance} : {}),
        ...(group ? {group} : {}),
      })
  }
  const order = (component: string) => matrix.components[component]?.order ?? 0
  for (const part of parts) part.members.sort((a, b) => order(a) - order(b) || (a < b ? -1 : 1))
  return parts.map(part => ({...part, component: part.members[0] ?? part.component}))
}

function moverOf(part: Part, request: UpgradeRequest, problems: Diagnostic[]): Mover | undefined {
  const {matrix, now, wanted} = request
  const component = matrix.components[part.component]
  if (!component) return undefined
  const {scheme} = component
  const start = parseVersion(runningVersion(part.running, scheme), scheme)
  if (!start) {
    problems.push(notVersion(part, component))
    return undefined
  }
  const range = wantedOf(part, wanted, problems)
  const asked = range === undefined ? undefined : parseVersion(range, scheme)
  const lists = part.members.map(member => availableVersions(matrix, member, now))
  const reinstalled = matrix.transitions.some(t => t.reinstall && part.members.includes(t.component))
  const common = (lists[0] ?? []).filter(v =>
    lists.every(list => list.some(w => compareVersions(v, w) === 0)),
  )
  const back = asked && compareVersions(asked, start) !== 0 ? withdrawn(matrix, part, asked.text) : undefined
  if (back) problems.push(back)
  const stops = namesPrerelease(range, matrix, part) ? common : common.filter(v => v.prerelease.length === 0)
  const versions = distinct([...stops, start, ...(asked ? [asked] : []), ...(reinstalled ? [absent] : [])])
  const goals = goalsOf(part, range, versions, scheme, problems)
  return {
    ...part,
    versions,
    newer: newerPatches(versions),
    start: versions.findIndex(v => compareVersions(v, start) === 0),
    goals,
    ...(range === undefined ? {} : {wanted: range}),
    axis: component.platform === true,
    transitions: ownTransitions(matrix, part, versions, scheme),
  }
}

/** What is wanted of an instance comes before what is wanted of all; of a group, by any of its members. */
function wantedOf(
  {name, component, group, members}: Part,
  wanted: UpgradeRequest['wanted'],
  problems: Diagnostic[],
): string | undefined {
  if (group === undefined) return wanted[name] ?? wanted[component]
  const asking = [...new Set([group, ...members])].filter(one => wanted[one] !== undefined)
  const [first = '', ...others] = asking
  const other = others.find(one => wanted[one] !== wanted[first])
  if (other !== undefined)
    problems.push({
      code: 'J005',
      severity: 'error',
      message: `the group ${group} moves as one, but ${first} is wanted at ${wanted[first]} and ${other} at ${wanted[other]}`,
      hint: 'want the same of both, or say it of one',
    })
  return wanted[first]
}

/** Released by that day and not withdrawn; versions of unknown date count as released. */
function availableVersions(matrix: Matrix, component: string, now: string): Version[] {
  const {versions = [], scheme = 'semver'} = matrix.components[component] ?? {}
  return versions
    .filter(({state, released}) => state !== 'planned' && state !== 'yanked' && (released ?? '') <= now)
    .flatMap(({version}) => parseVersion(version, scheme) ?? [])
}

/** Whether the wish, or what the matrix says of the way, names a prerelease; nobody is led over one otherwise. */
function namesPrerelease(wanted: string | undefined, {transitions}: Matrix, {members}: Part): boolean {
  const ways = transitions.filter(t => members.includes(t.component))
  const texts = ways.flatMap(({via, edges}) => [
    ...(via ?? []),
    ...(edges ?? []).flatMap(e => [e.from, e.to]),
  ])
  return [wanted ?? '', ...texts].some(text => /\d-[0-9A-Za-z]/.test(text))
}

function distinct(versions: readonly Version[]): Version[] {
  const sorted = [...versions].sort(compareVersions)
  return sorted.filter((v, i) => i === 0 || compareVersions(v, sorted[i - 1] ?? v) !== 0)
}

function goalsOf(
  part: Part,
  text: string | undefined,
  versions: readonly Version[],
  scheme: Scheme,
  problems: Diagnostic[],
): number[] {
  // What runs is to run in the end.
  if (text === undefined) return [...versions.keys()].filter(i => versions[i] !== absent)
  const parsed = parseRange(text, scheme)
  if (parsed.problem) {
    problems.push({
      code: 'J003',
      severity: 'error',
      message: `${part.name}: ${parsed.problem.message}`,
      expected: parsed.problem.expected,
      ...(parsed.problem.hint ? {hint: parsed.problem.hint} : {}),
    })
    return []
  }
  const goals = [...versions.keys()].filter(i => {
    const version = versions[i]
    return version !== undefined && version !== absent && contains(parsed.range, version)
  })
  if (goals.length === 0)
    problems.push({
      code: 'J004',
      severity: 'error',
      message: `no version of ${part.name} is in ${text}`,
      expected: `one of ${versions
        .filter(v => v !== absent)
        .map(v => v.text)
        .join(', ')}`,
    })
  return goals
}

/** For each version, how many newer patches of the same minor are there; a prerelease is none. */
function newerPatches(versions: readonly Version[]): number[] {
  const later = new Map<string, number>()
  return versions
    .toReversed()
    .map(version => {
      const minor = minorOf(version)
      const newer = later.get(minor) ?? 0
      if (version.prerelease.length === 0) later.set(minor, newer + 1)
      return newer
    })
    .reverse()
}
