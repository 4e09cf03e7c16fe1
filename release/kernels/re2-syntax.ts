/**
 * Reads Go's regular expressions (RE2 with Perl syntax, https://github.com/google/re2/wiki/Syntax) into a tree
 * over the characters that a kernel name can hold. It refuses what RE2 refuses, so that a matrix can be checked
 * without loading the large engine; a test holds the two against each other.
 */
import {
  allChars,
  type CharSet,
  charsBetween,
  foldCase,
  negate,
  perlClass,
  posixClass,
  unicodeClass,
} from './re2-chars.ts'

export type RegexpNode =
  | {kind: 'chars'; set: CharSet}
  | {kind: 'assert'; at: Assertion}
  | {kind: 'concat'; nodes: RegexpNode[]}
  | {kind: 'alternate'; nodes: RegexpNode[]}
  | {kind: 'repeat'; node: RegexpNode; min: number; max: number; counted: boolean}

/** A kernel name holds no line feed, so that `^` and `$` mean the same with and without the flag `m`. */
export type Assertion = 'begin' | 'end' | 'word' | 'notWord'

export type ParsedRegexp = {node: RegexpNode; refused?: undefined} | {node?: undefined; refused: string}

/** The tree of an expression, or why Go's regexp package would refuse it. */
export function parseRegexp(regexp: string): ParsedRegexp {
  try {
    return {node: new Parser(regexp).parse()}
  } catch (error) {
    if (error instanceof Refused) return {refused: error.message}
    throw error
  }
}

class Refused extends Error {}

/** Go's limits: one repeat, and all repeats inside one another multiplied; groups inside one another. */
const maxRepeat = 1000
const maxDepth = 1000

/** A class that is no set of characters but a whole escape, by its letter. */
const assertions: Record<string, Assertion> = {A: 'begin', z: 'end', b: 'word', B: 'notWord'}
const controls: Record<string, string> = {a: '\x07', f: '\f', t: '\t', n: '\n', r: '\r', v: '\v'}

class Parser {
  readonly #text: readonly string[]
  #at = 0
  #fold = false
  #depth = 0
  readonly #names = new Set<string>()

  constructor(regexp: string) {
    this.#text = Array.from(regexp)
  }

  parse(): RegexpNode {
    const node = this.#alternation()
    if (this.#at < this.#text.length) throw new Refused('unexpected )')
    return node
  }

  #peek(ahead = 0): string {
    return this.#text[this.#at + ahead] ?? ''
  }

  #next(): string {
    const c = this.#text[this.#at++]
    if (c === undefined) throw new Refused('the text ends too early')
    return c
  }

  /** Steps over `wanted` when it stands next. */
  #take(wanted: string): boolean {
    if (this.#rest(wanted.length) !== wanted) return false
    this.#at += wanted.length
    return true
  }

  #rest(length: number): string {
    return this.#text.slice(this.#at, this.#at + length).join('')
  }

  /** The text up to `end`, which is stepped over too. */
  #until(end: string): string {
    const from = this.#at
    while (!this.#take(end)) this.#next()
    return this.#text.slice(from, this.#at - end.length).join('')
  }

  #alternation(): RegexpNode {
    const nodes = [this.#concatenation()]
    while (this.#take('|')) nodes.push(this.#concatenation())
    return nodes.length === 1 && nodes[0] ? nodes[0] : {kind: 'alternate', nodes}
  }

  #concatenation(): RegexpNode {
    const nodes: RegexpNode[] = []
    while (this.#peek() !== '' && this.#peek() !== '|' && this.#peek() !== ')') {
      const repeat = this.#repeat()
      if (repeat) {
        const node = nodes.pop()
        if (!node) throw new Refused('nothing to repeat')
        nodes.push({kind: 'repeat', node, ...repeat})
        if (repeat.counted && !repeatsAtMost(nodes.at(-1), maxRepeat)) throw new Refused('too many repeats')
        if (this.#repeat()) throw new Refused('a repeat of a repeat')
      } else nodes.push(...this.#atom())
    }
    return {kind: 'concat', nodes}
  }

  /** `*`, `+`, `?` and `{n,m}`; whether it is greedy makes no difference to what matches. */
  #repeat(): Bounds | undefined {
    const bounds = this.#bounds()
    if (bounds) this.#take('?')
    return bounds
  }

  #bounds(): Bounds | undefined {
    if (this.#take('*')) return {min: 0, max: Number.POSITIVE_INFINITY, counted: false}
    if (this.#take('+')) return {min: 1, max: Number.POSITIVE_INFINITY, counted: false}
    if (this.#take('?')) return {min: 0, max: 1, counted: false}
    // `{` is an ordinary character unless a whole repeat follows, written without leading zeros.
    const text = this.#peek() === '{' ? this.#text.slice(this.#at, this.#at + 32).join('') : ''
    const counted = /^\{(0|[1-9]\d*)(?:(,)(0|[1-9]\d*)?)?\}/.exec(text)
    if (!counted) return undefined
    this.#at += counted[0].length
    const min = Number(counted[1])
    const max = counted[3] ? Number(counted[3]) : counted[2] ? Number.POSITIVE_INFINITY : min
    const most = max === Number.POSITIVE_INFINITY ? min : max
    if (max < min || most > maxRepeat) throw new Refused(`the repeat ${counted[0]}`)
    return {min, max, counted: true}
  }

  #atom(): RegexpNode[] {
    if (this.#take('(')) return this.#group()
    if (this.#take('[')) return [{kind: 'chars', set: this.#class()}]
    if (this.#take('.')) return [{kind: 'chars', set: allChars}]
    if (this.#take('^')) return [{kind: 'assert', at: 'begin'}]
    if (this.#take('$')) return [{kind: 'assert', at: 'end'}]
    if (this.#take('\\Q')) return this.#quoted()
    const at = this.#peek() === '\\' ? assertions[this.#peek(1)] : undefined
    if (at) {
      this.#at += 2
      return [{kind: 'assert', at}]
    }
    return [{kind: 'chars', set: this.#classEscape() ?? this.#oneChar()}]
  }

  #group(): RegexpNode[] {
    const outer = this.#fold
    if (this.#take('?P<') || this.#take('?<')) {
      const name = this.#until('>')
      if (!/^\w+$/.test(name) || this.#names.has(name)) throw new Refused(`the group name ${name}`)
      this.#names.add(name)
    } else if (this.#take('?') && this.#flags() === ')') return []
    if (++this.#depth > maxDepth) throw new Refused('groups nested too deeply')
    const node = this.#alternation()
    if (!this.#take(')')) throw new Refused('missing )')
    this.#depth--
    this.#fold = outer
    return [node]
  }

  /** `i-s:` or `i)`; the flags other than `i` change nothing for kernel names. Answers the last character. */
  #flags(): string {
    const flags = /^([imsU]*)(?:-([imsU]+))?([:)])/.exec(this.#rest(40))
    if (!flags) throw new Refused(`(?${this.#peek()}`)
    this.#at += flags[0].length
    if (flags[1]?.includes('i')) this.#fold = true
    if (flags[2]?.includes('i')) this.#fold = false
    return flags[3] ?? ''
  }

  #quoted(): RegexpNode[] {
    const nodes: RegexpNode[] = []
    while (this.#peek() !== '' && !this.#take('\\E'))
      nodes.push({kind: 'chars', set: this.#single(this.#next())})
    return nodes
  }

  #single(c: string): CharSet {
    return charsBetween(c, c, this.#fold)
  }

  #oneChar(): CharSet {
    return this.#single(this.#char())
  }

  /** `\d`, `\pL`, `\P{Greek}` and their like, in and out of brackets. */
  #classEscape(): CharSet | undefined {
    if (this.#peek() !== '\\') return undefined
    const letter = this.#peek(1)
    if ('dDsSwW'.includes(letter) && letter !== '') {
      this.#at += 2
      return this.#foldedClass(perlClass(letter.toLowerCase()), letter === letter.toUpperCase())
    }
    if (letter !== 'p' && letter !== 'P') return undefined
    this.#at += 2
    const name = this.#take('{') ? this.#until('}') : this.#next()
    const negated = name.startsWith('^')
    const set = unicodeClass(negated ? name.slice(1) : name, this.#fold)
    if (set === undefined) throw new Refused(`\\p{${name}}`)
    return negated === (letter === 'P') ? set : negate(set)
  }

  #foldedClass(set: CharSet | undefined, negated: boolean): CharSet {
    if (set === undefined) throw new Refused('no such class')
    const folded = this.#fold ? foldCase(set) : set
    return negated ? negate(folded) : folded
  }

  #class(): CharSet {
    const negated = this.#take('^')
    let set = 0n
    for (let first = true; first || this.#peek() !== ']'; first = false)
      set |= this.#posixClass() ?? this.#classEscape() ?? this.#classRange()
    this.#next()
    return negated ? negate(set) : set
  }

  #posixClass(): CharSet | undefined {
    // As Go does: `[:` up to the next `:]`, wherever that stands, must be a name.
    const name = this.#rest(2) === '[:' ? /^\[:(\^?)(.*?):\]/s.exec(this.#rest(this.#text.length)) : null
    if (!name) return undefined
    this.#at += Array.from(name[0]).length
    return this.#foldedClass(posixClass(name[2] ?? ''), name[1] === '^')
  }

  #classRange(): CharSet {
    const low = this.#char()
    if (this.#peek() !== '-' || this.#peek(1) === ']' || this.#peek(1) === '') return this.#single(low)
    this.#next()
    const high = this.#char()
    if ((high.codePointAt(0) ?? 0) < (low.codePointAt(0) ?? 0)) throw new Refused('a range upside down')
    return charsBetween(low, high, this.#fold)
  }

  /** One character as such or as an escape. */
  #char(): string {
    const c = this.#next()
    if (c !== '\\') return c
    const escaped = this.#next()
    const control = controls[escaped]
    if (control) return control
    if (escaped === 'x') return this.#hex()
    if (/[0-7]/.test(escaped)) return this.#octal(escaped)
    if (/[^0-9A-Za-z]/.test(escaped) && escaped < '\x80') return escaped
    throw new Refused(`\\${escaped}`)
  }

  #hex(): string {
    const digits = this.#take('{') ? this.#until('}') : this.#next() + this.#next()
    const code = /^[0-9A-Fa-f]+$/.test(digits) ? Number.parseInt(digits, 16) : Number.POSITIVE_INFINITY
    if (code > 0x10ffff) throw new Refused(`\\x{${digits}}`)
    return String.fromCodePoint(code)
  }

  #octal(first: string): string {
    let digits = first
    while (digits.length < 3 && /[0-7]/.test(this.#peek())) digits += this.#next()
    // A single digit other than 0 would be a back-reference, which RE2 has not.
    if (digits.length === 1 && first !== '0') throw new Refused(`\\${first}`)
    return String.fromCodePoint(Number.parseInt(digits, 8))
  }
}

type Bounds = {min: number; max: number; counted: boolean}

/** Whether counted repeats inside one another come to no more than `most` in all. */
function repeatsAtMost(node: RegexpNode | undefined, most: number): boolean {
  if (node?.kind === 'concat' || node?.kind === 'alternate')
    return node.nodes.every(n => repeatsAtMost(n, most))
  if (node?.kind !== 'repeat') return true
  if (!node.counted) return repeatsAtMost(node.node, most)
  const times = node.max === Number.POSITIVE_INFINITY ? node.min : node.max
  if (times === 0) return true
  return times <= most && repeatsAtMost(node.node, Math.floor(most / times))
}
