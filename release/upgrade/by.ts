import type {Matrix} from '../matrix/schema/index.ts'
import type {Procedure, Step} from '../matrix/schema/rules.ts'
import type {Mover} from './domain.ts'

/**
 * The procedures that a site goes by (`--by`), for what moves: its own, and those of parts that have no version of their
 * own, which are the product's.
 */
export function chosenFor(matrix: Matrix, mover: Mover, by: readonly string[]): Procedure[] {
  const isOwn = (name: string | undefined) =>
    name !== undefined &&
    (mover.members.includes(name) ||
      (matrix.components[name]?.lockstep === true && mover.members.includes(matrix.product.component)))
  return matrix.procedures.filter(p => by.includes(p.id) && isOwn(p.component))
}

/**
 * Puts what a site goes by beside the usual procedures of a move, or in place of their change: there is one way to
 * change a thing. Without Helm nothing is left that asks Helm.
 */
export function goneBy(usual: readonly Procedure[], chosen: readonly Procedure[]): Procedure[] {
  const others = usual.filter(p => !chosen.some(c => c.id === p.id))
  const instead = chosen.some(({move, change}) => isInstead(move) && change.length > 0)
  const rest = instead ? others.map(p => ({...p, change: []})) : others
  return [...(withoutHelm(chosen) ? rest.map(withoutHelmSteps) : rest), ...chosen]
}

/** The way back: what the chosen procedures say of it, and what is usual. */
export function goneBackBy(usual: readonly Procedure[], chosen: readonly Procedure[]): Procedure[] {
  const own = chosen.map(p => ({...p, before: [], backup: [], change: p.rollback, wait: [], verify: []}))
  return [...own, ...(withoutHelm(chosen) ? usual.map(withoutHelmSteps) : usual)]
}

function isInstead(move: Procedure['move']): boolean {
  return move === 'manual' || move === 'site'
}

function withoutHelm(chosen: readonly Procedure[]): boolean {
  return chosen.some(({move}) => move === 'manual')
}

function withoutHelmSteps(procedure: Procedure): Procedure {
  const left = (steps: readonly Step[]) => steps.filter(step => !asksHelm(step))
  const {before, backup, change, wait, verify, rollback} = procedure
  return {
    ...procedure,
    before: left(before),
    backup: left(backup),
    change: left(change),
    wait: left(wait),
    verify: left(verify),
    rollback: left(rollback),
  }
}

function asksHelm({set, do: typed, run}: Step): boolean {
  return (
    (set !== undefined && 'chart' in set) ||
    typed?.action.startsWith('helm-') === true ||
    run?.some(line => /^helm /.test(line)) === true
  )
}
