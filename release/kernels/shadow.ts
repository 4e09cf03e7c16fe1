/** Which mappings no kernel can reach, decided exactly by RE2's rules. */
import {onlyChar} from './re2-chars.ts'
import {findBeyond, followedBy, LiteralTree, matchesName} from './re2-inclusion.ts'
import {parseRegexp, type RegexpNode} from './re2-syntax.ts'
import type {KernelMapping} from './types.ts'

type Condition = Pick<KernelMapping, 'literal' | 'regexp'>

export type Shadow = {
  /** The mapping that no kernel reaches (or of which that is not known), from 0. */
  index: number
  /**
   * `shadowed`: the mappings `by` take all of its kernels. `impossible`: no kernel name matches it at all.
   * `unknown`: too large to decide, or its syntax is not understood.
   */
  verdict: 'shadowed' | 'impossible' | 'unknown'
  /** Earlier mappings that together take all of its kernels: one, wherever one is enough. */
  by: number[]
}

/**
 * The mappings that cannot be reached because earlier ones match first, in list order; an empty list says
 * that each is the first choice of some kernel. Duplicates, a literal behind a regexp that takes it, and a
 * regexp whose language lies within that of the earlier ones together are all found.
 */
export function findShadowed(conditions: readonly Condition[]): Shadow[] {
  const earlier: Earlier = {literals: new Map(), tree: new LiteralTree(), regexps: []}
  return conditions.flatMap(({literal, regexp}, index) => {
    if (literal !== undefined) return shadowOfLiteral(index, literal, earlier) ?? []
    return regexp === undefined ? [] : (shadowOfRegexp(index, regexp, earlier) ?? [])
  })
}

type EarlierRegexp = {index: number; text: string; node: RegexpNode | undefined; fixed: FixedEnds}
type Earlier = {literals: Map<string, number>; tree: LiteralTree; regexps: EarlierRegexp[]}
type Rival = EarlierRegexp & {node: RegexpNode}

function shadowOfLiteral(index: number, literal: string, earlier: Earlier): Shadow | undefined {
  const same = earlier.literals.get(literal)
  if (same !== undefined) return {index, verdict: 'shadowed', by: [same]}
  const rivals = rivalsOf({prefix: literal, suffix: literal}, earlier.regexps)
  earlier.literals.set(literal, index)
  earlier.tree.add(literal)
  if (!/^[!-~]+$/.test(literal)) return {index, verdict: 'impossible', by: []}
  const takers = rivals.map(rival => matchesName(rival.node, literal))
  const by = rivals[takers.indexOf(true)]
  if (by) return {index, verdict: 'shadowed', by: [by.index]}
  return takers.includes(undefined) ? {index, verdict: 'unknown', by: []} : undefined
}

/** The verdict when a single earlier expression can be blamed, or when one of them could not be judged. */
function shadowedByOne(index: number, node: RegexpNode, rivals: readonly Rival[]): Shadow | undefined {
  const verdicts = rivals.map(rival => findBeyond(node, [rival.node]).kind)
  const by = rivals[verdicts.indexOf('none')]
  if (by) return {index, verdict: 'shadowed', by: [by.index]}
  return verdicts.includes('unknown') ? {index, verdict: 'unknown', by: []} : undefined
}

function shadowOfRegexp(index: number, text: string, earlier: Earlier): Shadow | undefined {
  const {node} = parseRegexp(text)
  const fixed = node ? fixedEnds(node) : {prefix: '', suffix: ''}
  const rivals = rivalsOf(fixed, earlier.regexps)
  const same = earlier.regexps.find(r => r.text === text)
  earlier.regexps.push({index, text, node, fixed})
  if (same) return {index, verdict: 'shadowed', by: [same.index]}
  if (!node) return {index, verdict: 'unknown', by: []}
  const left = findBeyond(node, nodesOf(rivals), earlier.tree)
  if (left.kind === 'witness') return undefined
  if (findBeyond(node, []).kind === 'none') return {index, verdict: 'impossible', by: []}
  const one = shadowedByOne(index, node, rivals)
  if (one?.verdict === 'shadowed' || left.kind === 'unknown')
    return one ?? {index, verdict: 'unknown', by: []}
  return {index, verdict: 'shadowed', by: culprits(node, rivals, earlier)}
}

/** Earlier mappings that together take everything, none of which can be left out. */
function culprits(node: RegexpNode, rivals: readonly Rival[], {tree, literals}: Earlier): number[] {
  let needed = [...rivals]
  for (const rival of rivals) {
    const without = needed.filter(r => r !== rival)
    if (findBeyond(node, nodesOf(without), tree).kind === 'none') needed = without
  }
  const names = literalsNeeded(node, needed, literals)
  return [...needed.map(r => r.index), ...names].sort((a, b) => a - b)
}

/** The names that the regexps leave to the literals: finitely many, found one after the other. */
function literalsNeeded(node: RegexpNode, rivals: readonly Rival[], literals: Earlier['literals']): number[] {
  const [found, tree] = [[] as number[], new LiteralTree()]
  for (;;) {
    const left = findBeyond(node, nodesOf(rivals), tree)
    const index = left.kind === 'witness' ? literals.get(left.kernel) : undefined
    if (left.kind !== 'witness' || index === undefined) return found
    tree.add(left.kernel)
    found.push(index)
  }
}

function nodesOf(rivals: readonly Rival[]): RegexpNode[] {
  return rivals.map(r => r.node)
}

/** The earlier regexps that can share a name with one of these ends; most lines differ in one of them. */
function rivalsOf({prefix, suffix}: FixedEnds, regexps: readonly EarlierRegexp[]): Rival[] {
  return regexps.filter(
    (r): r is Rival =>
      r.node !== undefined &&
      (r.fixed.prefix.startsWith(prefix) || prefix.startsWith(r.fixed.prefix)) &&
      (r.fixed.suffix.endsWith(suffix) || suffix.endsWith(r.fixed.suffix)),
  )
}

/** The texts with which every match begins and ends; empty where an expression is not anchored. */
type FixedEnds = {prefix: string; suffix: string}

function fixedEnds(node: RegexpNode): FixedEnds {
  const nodes = node.kind === 'concat' ? node.nodes : []
  const backwards = fixedChars([...nodes].reverse(), 'end')
  return {prefix: fixedChars(nodes, 'begin').join(''), suffix: backwards.reverse().join('')}
}

function fixedChars([anchor, ...rest]: readonly RegexpNode[], at: 'begin' | 'end'): string[] {
  if (anchor?.kind !== 'assert' || anchor.at !== at) return []
  const chars: string[] = []
  for (const node of rest) {
    const c = node.kind === 'chars' ? onlyChar(node.set) : undefined
    if (c === undefined) break
    chars.push(c)
  }
  return chars
}

/** The one text that an expression matches, when it is written as `^text$`. */
export function literalOf(regexp: string): string | undefined {
  const {node} = parseRegexp(regexp)
  if (node?.kind !== 'concat') return undefined
  const {prefix, suffix} = fixedEnds(node)
  return prefix !== '' && prefix === suffix && prefix.length === node.nodes.length - 2 ? prefix : undefined
}

/** Whether an expression takes a kernel name; undefined when its syntax is not understood. */
export function takes(regexp: string, kernel: string): boolean | undefined {
  const {node} = parseRegexp(regexp)
  return node && matchesName(node, kernel)
}

/**
 * A kernel name that an expression takes only because it is not anchored at both ends: KMM looks for a match
 * anywhere in the name. Undefined when there is none.
 */
export function unanchoredWitness(regexp: string): string | undefined {
  const {node} = parseRegexp(regexp)
  if (!node || isAnchored(node)) return undefined
  const [begin, end] = [
    {kind: 'assert', at: 'begin'},
    {kind: 'assert', at: 'end'},
  ] as const
  const left = findBeyond(node, [{kind: 'concat', nodes: [begin, node, end]}])
  return left.kind === 'witness' ? left.kernel : undefined
}

/** Whether it is plain to see: `^…$` with nothing to choose from outside. The automaton decides the others. */
function isAnchored(node: RegexpNode): boolean {
  const [first, last] = node.kind === 'concat' ? [node.nodes[0], node.nodes.at(-1)] : []
  return first?.kind === 'assert' && first.at === 'begin' && last?.kind === 'assert' && last.at === 'end'
}

/**
 * How many characters of a kernel name an expression follows before it is certain that it takes no name that
 * begins so: the measure of which line a name nearly belongs to. Undefined when its syntax is not understood.
 */
export function charactersFollowed(regexp: string, kernel: string): number | undefined {
  const {node} = parseRegexp(regexp)
  return node && followedBy(node, kernel)
}
