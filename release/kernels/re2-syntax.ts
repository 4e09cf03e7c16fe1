/**
 * Reads Go's regular expressions (RE2 with Perl syntax, https://github.com/google/re2/wiki/Syntax) into a tree
 * over the characters that a kernel name can hold. Whether RE2 accepts a text at all is not decided here:
 * kmm.ts asks RE2 itself.
 */
import {
  allChars,
  type CharSet,
  charsBetween,
  foldCase,
  namedClass,
  negate,
  unicodeClass,
} from './re2-chars.ts'

export type RegexpNode =
  | {kind: 'chars'; set: CharSet}
  | {kind: 'assert'; at: Assertion}
  | {kind: 'concat'; nodes: RegexpNode[]}
  | {kind: 'alternate'; nodes: RegexpNode[]}
  | {kind: 'repeat'; node: RegexpNode; min: number; max: number}

/** A kernel name holds no line feed, so that `^` and `$` mean the same with and without the flag `m`. */
export type Assertion = 'begin' | 'end' | 'word' | 'notWord'

/** The tree of an expression; undefined when it holds something that is not understood here. */
export function parseRegexp(regexp: string): RegexpNode | undefined {
  try {
    return new Parser(regexp).parse()
  } catch (error) {
    if (error instanceof NotUnderstood) return undefined
    throw error
  }
}

class NotUnderstood extends Error {}

/** The tree that matches one text and nothing else. */
export function literalNode(text: string): RegexpNode {
  const chars: RegexpNode[] = Array.from(text, c => ({kind: 'chars', set: charsBetween(c, c)}))
  return {kind: 'concat', nodes: [{kind: 'assert', at: 'begin'}, ...chars, {kind: 'assert', at: 'end'}]}
}

/** A class that is no set of characters but a whole escape, by its letter. */
const assertions: Record<string, Assertion> = {A: 'begin', z: 'end', b: 'word', B: 'notWord'}
const controls: Record<string, string> = {a: '\x07', f: '\f', t: '\t', n: '\n', r: '\r', v: '\v'}

class Parser {
  readonly #text: readonly string[]
  #at = 0
  #fold = false

  constructor(regexp: string) {
    this.#text = Array.from(regexp)
  }

  parse(): RegexpNode {
    const node = this.#alternation()
    if (this.#at < this.#text.length) throw new NotUnderstood('unexpected )')
    return node
  }

  #peek(ahead = 0): string {
    return this.#text[this.#at + ahead] ?? ''
  }

  #next(): string {
    const c = this.#text[this.#at++]
    if (c === undefined) throw new NotUnderstood('the text ends too early')
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
        if (!node) throw new NotUnderstood('nothing to repeat')
        nodes.push({kind: 'repeat', node, ...repeat})
        if (this.#repeat()) throw new NotUnderstood('a repeat of a repeat')
      } else nodes.push(...this.#atom())
    }
    return {kind: 'concat', nodes}
  }

  /** `*`, `+`, `?` and `{n,m}`; whether it is greedy makes no difference to what matches. */
  #repeat(): {min: number; max: number} | undefined {
    const bounds = this.#bounds()
    if (bounds) this.#take('?')
    return bounds
  }

  #bounds(): {min: number; max: number} | undefined {
    if (this.#take('*')) return {min: 0, max: Number.POSITIVE_INFINITY}
    if (this.#take('+')) return {min: 1, max: Number.POSITIVE_INFINITY}
    if (this.#take('?')) return {min: 0, max: 1}
    // `{` is an ordinary character unless a whole repeat follows.
    const counted = /^\{(\d{1,4})(,?)(\d{0,4})\}/.exec(this.#rest(12))
    if (!counted || (counted[2] === '' && counted[3] !== '')) return undefined
    this.#at += counted[0].length
    const min = Number(counted[1])
    const max = counted[3] ? Number(counted[3]) : counted[2] ? Number.POSITIVE_INFINITY : min
    if (max < min) throw new NotUnderstood('a repeat that ends before it begins')
    return {min, max}
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
      if (!/^\w+$/.test(this.#until('>'))) throw new NotUnderstood('look-behind')
    } else if (this.#take('?') && this.#flags() === ')') return []
    const node = this.#alternation()
    if (!this.#take(')')) throw new NotUnderstood('missing )')
    this.#fold = outer
    return [node]
  }

  /** `i-s:` or `i)`; the flags other than `i` change nothing for kernel names. Answers the last character. */
  #flags(): string {
    for (let on = true; ; ) {
      const c = this.#next()
      if (c === ':' || c === ')') return c
      if (c === 'i') this.#fold = on
      else if (c === '-') on = false
      else if (!'msU'.includes(c)) throw new NotUnderstood(`flag ${c}`)
    }
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
      return this.#foldedClass(namedClass(letter.toLowerCase()), letter === letter.toUpperCase())
    }
    if (letter !== 'p' && letter !== 'P') return undefined
    this.#at += 2
    const name = this.#take('{') ? this.#until('}') : this.#next()
    const negated = name.startsWith('^')
    const set = unicodeClass(negated ? name.slice(1) : name, this.#fold)
    if (set === undefined) throw new NotUnderstood(`\\p{${name}}`)
    return negated === (letter === 'P') ? set : negate(set)
  }

  #foldedClass(set: CharSet | undefined, negated: boolean): CharSet {
    if (set === undefined) throw new NotUnderstood('no such class')
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
    const name = /^\[:(\^?)([a-z]+):\]/.exec(this.#rest(12))
    if (!name) return undefined
    this.#at += name[0].length
    return this.#foldedClass(namedClass(name[2] ?? ''), name[1] === '^')
  }

  #classRange(): CharSet {
    const low = this.#char()
    if (this.#peek() !== '-' || this.#peek(1) === ']' || this.#peek(1) === '') return this.#single(low)
    this.#next()
    const high = this.#char()
    if ((high.codePointAt(0) ?? 0) < (low.codePointAt(0) ?? 0)) throw new NotUnderstood('a range upside down')
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
    throw new NotUnderstood(`\\${escaped}`)
  }

  #hex(): string {
    const digits = this.#take('{') ? this.#until('}') : this.#next() + this.#next()
    const code = /^[0-9A-Fa-f]+$/.test(digits) ? Number.parseInt(digits, 16) : Number.POSITIVE_INFINITY
    if (code > 0x10ffff) throw new NotUnderstood(`\\x{${digits}}`)
    return String.fromCodePoint(code)
  }

  #octal(first: string): string {
    let digits = first
    while (digits.length < 3 && /[0-7]/.test(this.#peek())) digits += this.#next()
    // A single digit other than 0 would be a back-reference, which RE2 has not.
    if (digits.length === 1 && first !== '0') throw new NotUnderstood(`\\${first}`)
    return String.fromCodePoint(Number.parseInt(digits, 8))
  }
}
