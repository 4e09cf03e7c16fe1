import type {Diagnostic, Place} from '#lib/diagnostics.ts'
import type {Matrix} from '../../matrix/schema/index.ts'
import {compileProblem} from '../compile.ts'
import {type Mover, moversOf} from '../domain.ts'
import {judgeMove} from '../moves.ts'
import {planUpgrade} from '../plan.ts'
import {hopTitle, reversibleText} from '../render/text.ts'
import type {UpgradeRequest} from '../request.ts'
import {reversibility} from '../reversible.ts'
import type {Bound} from './bindings.ts'

export type Change = {
  readonly name: string
  readonly from: string
  readonly to: string
  readonly place: Place | undefined
}

/** What changed between two readings of the same bindings; what is new or gone is no move. */
export function changesOf(base: readonly Bound[], head: readonly Bound[]): Change[] {
  return head.flatMap(({name, version, place}) => {
    const before = base.find(b => b.name === name)?.version
    return before === undefined || version === undefined || before === version
      ? []
      : [{name, from: before, to: version, place}]
  })
}

/**
 * Judges a change as a whole and move by move, every problem at its place in the files:
 * J030 a rule is broken afterwards, J031 a move that no transition allows, J032 a way back that is lost (warning), J033 a
 * risk (warning), J034 several moves at once that have to be one after the other.
 */
export function judgeChange(
  matrix: Matrix,
  base: readonly Bound[],
  head: readonly Bound[],
  more: Pick<UpgradeRequest, 'now' | 'values' | 'facts' | 'policy'>,
): Diagnostic[] {
  const changes = changesOf(base, head)
  if (changes.length === 0) return []
  const current = versionsOf(base)
  const wanted = Object.fromEntries(changes.map(({name, to}) => [name, to]))
  const request: UpgradeRequest = {matrix, current, wanted, ...more}
  const after = brokenRules({...request, current: {...current, ...versionsOf(head)}, wanted: {}}, changes)
  const movers = moversOf(request)
  const moves = changes.flatMap(change => judgeOne(request, movers, change))
  const sound = ![...after, ...moves].some(d => d.severity === 'error')
  return [...after, ...moves, ...(sound ? order(request, changes) : [])]
}

function versionsOf(bound: readonly Bound[]): Record<string, string> {
  return Object.fromEntries(
    bound.flatMap(({name, version}) => (version === undefined ? [] : [[name, version]])),
  )
}

function brokenRules(request: UpgradeRequest, changes: readonly Change[]): Diagnostic[] {
  const movers = moversOf(request)
  const state = movers.map(m => m.start)
  return compileProblem(request, movers)
    .constraints.filter(c => !c.holds(state))
    .map(({rule, scope}) => {
      const about = scope.flatMap(v => movers[v]?.name ?? [])
      const culprit = changes.find(c => about.includes(c.name)) ?? changes[0]
      const versions = about.map(name => `${name} ${request.current[name] ?? ''}`).join(' and ')
      return {
        code: 'J030',
        severity: 'error' as const,
        message: `${versions} do not work together: ${rule.because} (${rule.level}, rule ${rule.id}, ${rule.source})`,
        ...(culprit?.place ? {place: culprit.place} : {}),
      }
    })
}

function judgeOne(
  request: UpgradeRequest,
  movers: readonly Mover[],
  {name, from, to, place}: Change,
): Diagnostic[] {
  const mover = movers.find(m => m.name === name || m.members.includes(name))
  const at = mover?.versions.findIndex(v => v.text === to) ?? -1
  if (!mover || at === -1) return []
  const judged = judgeMove(mover, mover.start, at, request, new Set())
  const here = place ? {place} : {}
  if (!judged)
    return [
      {
        code: 'J031',
        severity: 'error',
        message: `${name} cannot go from ${from} to ${to} in one step`,
        ...here,
        ...wayFor(request, name, from, to),
      },
    ]
  const {transition, risks} = judged
  const back = reversibility(transition, undefined)
  return [
    ...(back.kind === 'never'
      ? [
          {
            code: 'J032',
            severity: 'warning' as const,
            message: `${name} ${from} → ${to}: ${reversibleText(back)}`,
            ...here,
          },
        ]
      : []),
    ...risks.map(risk => ({
      code: 'J033',
      severity: 'warning' as const,
      message: `${name} ${from} → ${to}: risk ${risk.name}: ${risk.message}`,
      ...here,
    })),
  ]
}

/** The stops on the way, as a hint. */
function wayFor(request: UpgradeRequest, name: string, from: string, to: string): {hint: string} {
  const {plan} = planUpgrade({...request, wanted: {[name]: to}})
  if (!plan)
    return {
      hint: `lockstep upgrade explain ${name}=${from}..${to}, with --matrix and the site’s matrix, says what is in the way`,
    }
  return {hint: `go by ${plan.hops.map(hopTitle).join(', then ')}`}
}

/** A commit is applied at once, in no order; that is only sound where the order does not matter. */
function order(request: UpgradeRequest, changes: readonly Change[]): Diagnostic[] {
  if (changes.length < 2) return []
  const {plan} = planUpgrade(request)
  const needs =
    plan?.hops.flatMap(hop =>
      hop.why.flatMap(w => (w.kind === 'rule' && w.before > hop.number ? [w] : [])),
    ) ?? []
  if (plan && plan.hops.length <= changes.length && needs.length === 0) return []
  const [first] = changes
  const text = plan ? plan.hops.map(hopTitle).join(', then ') : 'no order of single steps is valid'
  const because = needs[0] ? ` ${needs[0].text} (rule ${needs[0].rule})` : ''
  return [
    {
      code: 'J034',
      severity: 'error',
      message: `these moves have to be one after the other: ${text}.${because}`,
      hint: 'one commit or pull request for each',
      ...(first?.place ? {place: first.place} : {}),
    },
  ]
}
