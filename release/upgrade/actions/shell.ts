/*
 * The one seam at which values come into lines for a shell. https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html,
 * 2.2 Quoting and 2.7.4 Here-Document.
 */

/** `$NAME` and `${NAME}` of a site's value are the environment's: so a password stands nowhere. All else is literal. */
const reference = /\$(?:[A-Z]\w*|\{[A-Z]\w*\})/

/** Text that no shell reads as anything but itself, wherever it stands. */
const bare = /^[\w./:=@%+,-]*$/

/** Whether a value names variables of the environment. */
export function hasReference(value: string): boolean {
  return reference.test(value)
}

/** A text as one word of a line, in single quotes if it needs any; its variables are read, in double quotes. */
export function shellWord(text: string): string {
  return text === '' ? "''" : pieces(text).map(plain).join('')
}

/** Words after a `#`: a line's end would end the remark as well. */
export function remark(text: string): string {
  return `# ${text.replaceAll(/\s+/g, ' ')}`
}

/**
 * Puts the values of {{parameters}} into a line for a shell, quoted as the place where they stand asks: within quotes of either
 * kind, a substitution, a here-document or a remark no value is more than a value. Those that are not known stay in braces.
 * A line may have several lines.
 */
export function fillLine(line: string, known: (name: string) => string | undefined): string {
  return new Filling(line, known).whole()
}

type Piece = {text: string; variable: boolean}
type Place = {kind: 'plain' | 'single' | 'double'; close: string; depth: number}
type HereDocument = {delimiter: string; quoted: boolean; tabs: boolean; from: number; to: number}

function pieces(value: string): Piece[] {
  return value
    .split(new RegExp(`(${reference.source})`))
    .map((text, i) => ({text, variable: i % 2 === 1}))
    .filter(({text}) => text !== '')
}

function plain({text, variable}: Piece): string {
  if (variable) return `"${text}"`
  return bare.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

function single({text, variable}: Piece): string {
  return variable ? `'"${text}"'` : text.replaceAll("'", `'\\''`)
}

function double({text, variable}: Piece, next: string): string {
  if (!variable) return /["\\$`!]/.test(text) ? `"${plain({text, variable})}"` : text
  return /^\w/.test(next) ? braced(text) : text
}

function braced(variable: string): string {
  return variable.replace(/^\$(\w+)$/, (_, name: string) => `\${${name}}`)
}

/** One walk over a line, with what is open at each place. */
class Filling {
  readonly #line: string
  readonly #known: (name: string) => string | undefined
  readonly #open: Place[] = [{kind: 'plain', close: '', depth: 0}]
  #documents: HereDocument[] = []
  #text = ''
  #at = 0

  constructor(line: string, known: (name: string) => string | undefined) {
    this.#line = line
    this.#known = known
  }

  whole(): string {
    while (this.#at < this.#line.length) this.#step()
    return this.#text
  }

  get #place(): Place {
    return this.#open.at(-1) ?? {kind: 'plain', close: '', depth: 0}
  }

  #step(): void {
    const found = this.#value()
    const {kind, close, depth} = this.#place
    const char = this.#line[this.#at] ?? ''
    if (found) this.#put(this.#quoted(found.value, this.#rest(found.length)), found.length)
    else if (kind !== 'single' && char === '\\') this.#copy(2)
    else if (char === close && depth === 0) this.#leave()
    else if (kind === 'single') this.#copy(1)
    else if (this.#rest().startsWith('$(')) this.#enter('plain', ')', 2)
    else if (char === '`') this.#enter('plain', '`', 1)
    else if (kind === 'double') this.#copy(1)
    else this.#inPlain(char)
  }

  #inPlain(char: string): void {
    const opens = /^<<(-?)[ \t]*(['"]?)(\w+)\2/.exec(this.#rest())
    if (char === "'") this.#enter('single', "'", 1)
    else if (char === '"') this.#enter('double', '"', 1)
    else if (char === '#' && /(?:^|[\s;&|(])$/.test(this.#line.slice(0, this.#at))) this.#remark()
    else if (opens) this.#announce(opens)
    else {
      if (char === '(') this.#place.depth++
      if (char === ')') this.#place.depth--
      this.#copy(1)
      if (char === '\n') this.#announced()
    }
  }

  #announced(): void {
    let shift = 0
    for (const one of this.#documents.splice(0)) shift += this.#document(one, shift)
  }

  /** The parameter that stands here, when its value is known. */
  #value(from = this.#rest()): {value: string; length: number} | undefined {
    const [braces, name] = /^\{\{([a-zA-Z][\w-]*)\}\}/.exec(from) ?? []
    const value = name === undefined ? undefined : this.#known(name)
    return braces === undefined || value === undefined ? undefined : {value, length: braces.length}
  }

  #quoted(value: string, next: string): string {
    const {kind} = this.#place
    const all = pieces(value)
    const text =
      kind === 'single'
        ? all.map(single).join('')
        : kind === 'double'
          ? all.map((piece, i) => double(piece, all[i + 1]?.text ?? next)).join('')
          : shellWord(value)
    // What stands in backquotes loses one level of backslashes before it is read.
    return this.#open.some(({close}) => close === '`') ? text.replaceAll(/[\\$`]/g, '\\$&') : text
  }

  #remark(): void {
    const [words = ''] = /^[^\n]*/.exec(this.#rest()) ?? []
    this.#put(
      this.#filled(words, value => value.replaceAll(/\s+/g, ' ')),
      words.length,
    )
  }

  #announce([whole, tabs, quote, delimiter = '']: RegExpExecArray): void {
    const from = this.#text.length
    const document = {delimiter, quoted: quote !== '', tabs: tabs !== '', from, to: from + whole.length}
    this.#documents.push(document)
    this.#copy(whole.length)
  }

  /**
   * Up to the line that ends it. One that is read word for word takes no variables: it becomes one that does.
   * @param shift by how much what stands before has become longer since it was announced
   * @returns by how much longer its own announcement has become
   */
  #document({delimiter, quoted, tabs, from, to}: HereDocument, shift: number): number {
    const rest = this.#rest()
    const end = new RegExp(`^${tabs ? '\\t*' : ''}${delimiter}$`, 'm').exec(rest)
    const body = rest.slice(0, end?.index ?? rest.length)
    const values = this.#valuesIn(body)
    const reads = !quoted || values.some(hasReference)
    const literal = (text: string) => (reads ? text.replaceAll(/[\\$`]/g, '\\$&') : text)
    const filled = this.#filled(
      body,
      value =>
        pieces(value)
          .map(({text, variable}) => (variable ? braced(text) : literal(text)))
          .join(''),
      quoted ? literal : text => text,
    )
    // No value ends the document before its end.
    let mark = delimiter
    while (values.some(value => value.split('\n').includes(mark))) mark += '_'
    const opening = `<<${tabs ? '-' : ''}${reads ? mark : `'${mark}'`}`
    const changed = mark !== delimiter || reads === quoted
    if (changed) this.#text = this.#text.slice(0, from + shift) + opening + this.#text.slice(to + shift)
    this.#put(`${filled}${end ? end[0].replace(delimiter, mark) : ''}`, body.length + (end?.[0].length ?? 0))
    return changed ? opening.length - (to - from) : 0
  }

  #valuesIn(text: string): string[] {
    return [...text.matchAll(/\{\{([a-zA-Z][\w-]*)\}\}/g)].flatMap(([, name = '']) => this.#known(name) ?? [])
  }

  #filled(text: string, write: (value: string) => string, around: (text: string) => string = t => t): string {
    return text
      .split(/(\{\{[a-zA-Z][\w-]*\}\})/)
      .map((part, i) => {
        const found = i % 2 === 1 ? this.#value(part) : undefined
        return found ? write(found.value) : around(part)
      })
      .join('')
  }

  #leave(): void {
    this.#open.pop()
    this.#copy(1)
  }

  #enter(kind: Place['kind'], close: string, length: number): void {
    this.#open.push({kind, close, depth: 0})
    this.#copy(length)
  }

  #rest(skip = 0): string {
    return this.#line.slice(this.#at + skip)
  }

  #copy(length: number): void {
    this.#put(this.#line.slice(this.#at, this.#at + length), length)
  }

  #put(text: string, length: number): void {
    this.#text += text
    this.#at += length
  }
}
