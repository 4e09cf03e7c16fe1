/**
 * Decides which kernel names one mapping takes and others leave: the product of their automata is searched
 * for the shortest name, so that "no kernel can reach it" is a proof and not a guess.
 */
import {type CharSet, charsBetween, firstChar} from './re2-chars.ts'
import {
  charClasses,
  compileProgram,
  isDead,
  matchesAtEnd,
  type Program,
  refine,
  type SearchState,
  startSearch,
  stepSearch,
} from './re2-program.ts'
import type {RegexpNode} from './re2-syntax.ts'

/** Whole names kept in a tree, so that thousands of literals cost one step for each character. */
export class LiteralTree {
  /** Whether a name ends here. */
  ends = false
  readonly children = new Map<string, LiteralTree>()

  add(name: string): void {
    let tree: LiteralTree = this
    for (const c of name) {
      const child = tree.children.get(c) ?? new LiteralTree()
      tree.children.set(c, child)
      tree = child
    }
    tree.ends = true
  }
}

export type Beyond =
  /** A kernel name that the first takes and the others do not. */
  | {kind: 'witness'; kernel: string}
  /** Proven: there is no such name. */
  | {kind: 'none'}
  /** Not decided within the limits. */
  | {kind: 'unknown'}

/** Pairs of states looked at before giving up; real mappings need some hundreds. */
const maxStates = 20_000

type Point = {a: SearchState; b: SearchState; literals: LiteralTree | undefined; kernel: string}

/**
 * A kernel name that `taker` takes and neither any of `others` nor a literal of the tree. Names are not empty
 * and made of graphic ASCII characters.
 */
export function findBeyond(taker: RegexpNode, others: readonly RegexpNode[], literals?: LiteralTree): Beyond {
  const [a, b] = [compileProgram([taker]), compileProgram(others)]
  if (!a || !b) return {kind: 'unknown'}
  const classes = charClasses([a, b])
  const seen = new Set<string>()
  const onTree: Point[] = []
  const free: Point[] = []
  const add = (point: Point) => {
    if (point.literals) return onTree.push(point)
    const key = `${point.a.key}|${point.b.key}`
    if (!seen.has(key)) free.push(point)
    return seen.add(key)
  }
  add({a: startSearch(a), b: startSearch(b), literals, kernel: ''})
  // Names that have left the tree go first: beside thousands of literals a witness is nearly always there.
  for (let f = 0, t = 0; f < free.length || t < onTree.length; ) {
    const point = free[f] ? free[f++] : onTree[t++]
    if (point === undefined || seen.size > maxStates) return {kind: 'unknown'}
    if (isBeyond(a, b, point)) return {kind: 'witness', kernel: point.kernel}
    for (const next of successors(a, b, point, classes)) add(next)
  }
  return {kind: 'none'}
}

function isBeyond(a: Program, b: Program, point: Point): boolean {
  if (point.kernel === '' || point.literals?.ends) return false
  return matchesAtEnd(a, point.a) && !matchesAtEnd(b, point.b)
}

/** One step for each class of characters that makes a difference, as long as a name may still be found. */
function* successors(a: Program, b: Program, from: Point, classes: readonly CharSet[]): Iterable<Point> {
  const forks = [...(from.literals?.children.keys() ?? [])].map(c => charsBetween(c, c))
  const chars = refine(classes, forks).map(firstChar)
  for (const char of chars.sort((x, y) => (x.set < y.set ? -1 : 1))) {
    const next = stepSearch(a, from.a, char.set)
    if (isDead(a, next)) continue
    const other = stepSearch(b, from.b, char.set)
    if (other.matched) continue
    const literals = from.literals?.children.get(char.text)
    yield {a: next, b: other, literals, kernel: from.kernel + char.text}
  }
}

/** Whether an expression matches somewhere in a name; undefined when it is too large to say. */
export function matchesName(node: RegexpNode, kernel: string): boolean | undefined {
  const program = compileProgram([node])
  if (!program) return undefined
  const end = [...kernel].reduce(
    (state, c) => stepSearch(program, state, charsBetween(c, c)),
    startSearch(program),
  )
  return matchesAtEnd(program, end)
}

/** The characters of a name that can be read before no match is possible any more; all of them at best. */
export function followedBy(node: RegexpNode, kernel: string): number | undefined {
  const program = compileProgram([node])
  if (!program) return undefined
  let state = startSearch(program)
  for (const [i, c] of [...kernel].entries()) {
    state = stepSearch(program, state, charsBetween(c, c))
    if (isDead(program, state)) return i
  }
  return kernel.length
}
