/** A regular expression as a nondeterministic automaton that searches a kernel name from left to right. */
import {allChars, type CharSet, wordChars} from './re2-chars.ts'
import type {Assertion, RegexpNode} from './re2-syntax.ts'

type Step =
  | {kind: 'chars'; set: CharSet; next: number}
  | {kind: 'assert'; at: Assertion; next: number}
  | {kind: 'split'; next: number[]}
  | {kind: 'match'}

export type Program = {
  steps: readonly Step[]
  /** Where a match may begin at the first character. */
  starts: readonly number[]
  /** Where a match may begin later: the alternatives that do not ask for the beginning. */
  restarts: readonly number[]
  /** Whether a `\b` looks at the character before. */
  looksBack: boolean
}

/** An expression such as `((a{1000}){1000}` would fill the memory. */
const maxSteps = 20_000

/** The program that searches for any of the expressions; undefined when it would be too large. */
export function compileProgram(nodes: readonly RegexpNode[]): Program | undefined {
  const steps: Step[] = [{kind: 'match'}]
  try {
    const starts = nodes.map(node => emit(node, 0, steps))
    const restarts = starts.filter((_, i) => !startsAtBegin(nodes[i]))
    const looksBack = steps.some(s => s.kind === 'assert' && (s.at === 'word' || s.at === 'notWord'))
    return {steps, starts, restarts, looksBack}
  } catch (error) {
    if (error instanceof TooLarge) return undefined
    throw error
  }
}

class TooLarge extends Error {}

function push(steps: Step[], step: Step): number {
  if (steps.length >= maxSteps) throw new TooLarge()
  return steps.push(step) - 1
}

/** Adds the steps for `node` that go on at `next`, and answers where they begin. */
function emit(node: RegexpNode, next: number, steps: Step[]): number {
  switch (node.kind) {
    case 'chars':
      return push(steps, {kind: 'chars', set: node.set, next})
    case 'assert':
      return push(steps, {kind: 'assert', at: node.at, next})
    case 'concat':
      return node.nodes.reduceRight((after, child) => emit(child, after, steps), next)
    case 'alternate':
      return push(steps, {kind: 'split', next: node.nodes.map(child => emit(child, next, steps))})
    case 'repeat':
      return emitRepeat(node, next, steps)
  }
}

function emitRepeat({node, min, max}: RegexpNode & {kind: 'repeat'}, next: number, steps: Step[]): number {
  let after = next
  if (max === Number.POSITIVE_INFINITY) {
    const loop: number[] = [next]
    after = push(steps, {kind: 'split', next: loop})
    loop.push(emit(node, after, steps))
  } else
    for (let i = min; i < max; i++)
      after = push(steps, {kind: 'split', next: [next, emit(node, after, steps)]})
  for (let i = 0; i < min; i++) after = emit(node, after, steps)
  return after
}

function startsAtBegin(node: RegexpNode | undefined): boolean {
  if (node?.kind === 'assert') return node.at === 'begin'
  if (node?.kind === 'concat') return startsAtBegin(node.nodes[0])
  return node?.kind === 'alternate' && node.nodes.every(startsAtBegin)
}

/** What stands before a position, as far as assertions care. */
type Before = 'begin' | 'word' | 'other'

/** Where the search stands between two characters; `matched` is final, for a search never takes a match back. */
export type SearchState = {at: readonly number[]; before: Before; matched: boolean; key: string}

const matched: SearchState = {at: [], before: 'other', matched: true, key: 'matched'}

function state(program: Program, at: Iterable<number>, before: Before): SearchState {
  const sorted = [...new Set(at)].sort((a, b) => a - b)
  const seen = before === 'word' && !program.looksBack ? 'other' : before
  return {at: sorted, before: seen, matched: false, key: `${seen}:${sorted.join()}`}
}

export function startSearch(program: Program): SearchState {
  return state(program, program.starts, 'begin')
}

/** Whether nothing that follows can make a match any more. */
export function isDead(program: Program, from: SearchState): boolean {
  return !from.matched && from.at.length === 0 && program.restarts.length === 0
}

/** The state after one more character, given as a set of exactly one. */
export function stepSearch(program: Program, from: SearchState, char: CharSet): SearchState {
  if (from.matched) return matched
  const isWord = (char & wordChars) !== 0n
  const reached = reach(program, from, isWord ? 'word' : 'other')
  if (reached === 'match') return matched
  const next = [...program.restarts]
  for (const at of reached) {
    const step = program.steps[at]
    if (step?.kind === 'chars' && (step.set & char) !== 0n) next.push(step.next)
  }
  return state(program, next, isWord ? 'word' : 'other')
}

/** Whether the name that ends here matches. */
export function matchesAtEnd(program: Program, from: SearchState): boolean {
  return from.matched || reach(program, from, 'end') === 'match'
}

/** The steps that read a character, found by following those that read none; or that a match is complete. */
function reach(program: Program, from: SearchState, after: 'word' | 'other' | 'end'): number[] | 'match' {
  const seen = new Set<number>()
  const todo = [...from.at]
  for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
    if (seen.has(at)) continue
    seen.add(at)
    const step = program.steps[at]
    if (step?.kind === 'match') return 'match'
    if (step?.kind === 'split') todo.push(...step.next)
    else if (step?.kind === 'assert' && holds(step.at, from.before, after)) todo.push(step.next)
  }
  return [...seen]
}

function holds(assertion: Assertion, before: Before, after: 'word' | 'other' | 'end'): boolean {
  if (assertion === 'begin') return before === 'begin'
  if (assertion === 'end') return after === 'end'
  const boundary = (before === 'word') !== (after === 'word')
  return boundary === (assertion === 'word')
}

/** Sets of characters that no step of the programs tells apart. */
export function charClasses(programs: readonly Program[]): CharSet[] {
  const cuts = new Set<CharSet>()
  for (const {steps, looksBack} of programs) {
    for (const step of steps) if (step.kind === 'chars') cuts.add(step.set)
    if (looksBack) cuts.add(wordChars)
  }
  return refine([allChars], cuts)
}

/** The classes cut so that each lies within or without every one of the sets. */
export function refine(classes: readonly CharSet[], cuts: Iterable<CharSet>): CharSet[] {
  let refined = [...classes]
  for (const cut of cuts) refined = refined.flatMap(c => [c & cut, c & ~cut]).filter(c => c !== 0n)
  return refined
}
