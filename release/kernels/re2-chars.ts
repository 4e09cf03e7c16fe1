/**
 * The characters of kernel names: the graphic ASCII ones. `uname -r` holds no blank and no control character,
 * and a closed alphabet is what makes questions about all kernel names decidable at little cost.
 */

/** One bit for each character of {@link alphabet}. */
export type CharSet = bigint

// Digits and letters first: witnesses are made of the earliest characters that will do.
const graphic = Array.from({length: 0x7f - 0x21}, (_, i) => String.fromCharCode(0x21 + i))
export const alphabet: readonly string[] = [
  ...graphic.filter(c => /[0-9]/.test(c)),
  ...graphic.filter(c => /[a-z]/.test(c)),
  ...graphic.filter(c => /[^0-9a-z]/.test(c)),
]

export const allChars: CharSet = (1n << BigInt(alphabet.length)) - 1n

export function negate(set: CharSet): CharSet {
  return allChars & ~set
}

export function setOf(has: (char: string) => boolean): CharSet {
  let set = 0n
  for (const [i, c] of alphabet.entries()) if (has(c)) set |= 1n << BigInt(i)
  return set
}

const bits = new Map(alphabet.map((c, i) => [c, 1n << BigInt(i)]))

/** The kernel-name characters from `low` to `high`, which may be any characters; `fold` ignores case. */
export function charsBetween(low: string, high: string, fold = false): CharSet {
  if (low === high && !fold) return bits.get(low) ?? 0n
  const [from, to] = [low.codePointAt(0) ?? 0, high.codePointAt(0) ?? 0]
  const within = (code: number) => from <= code && code <= to
  const set = setOf(c => within(c.charCodeAt(0)))
  return fold ? foldCase(set) | foreignFolds(within) : set
}

export function foldCase(set: CharSet): CharSet {
  const chars = new Set(charsOf(set))
  return setOf(c => chars.has(c.toLowerCase()) || chars.has(c.toUpperCase()))
}

/** The letters whose case folding reaches ASCII from outside: the Kelvin sign and the long s. */
function foreignFolds(has: (code: number) => boolean): CharSet {
  return (
    (has(0x212a) ? setOf(c => c === 'k' || c === 'K') : 0n) |
    (has(0x17f) ? setOf(c => c === 's' || c === 'S') : 0n)
  )
}

export function charsOf(set: CharSet): string[] {
  return alphabet.filter((_, i) => (set >> BigInt(i)) & 1n)
}

const posix: Record<string, RegExp> = {
  alnum: /[0-9A-Za-z]/,
  alpha: /[A-Za-z]/,
  ascii: /./,
  blank: /[\t ]/,
  cntrl: /\t/,
  digit: /[0-9]/,
  graph: /./,
  lower: /[a-z]/,
  print: /./,
  punct: /[^0-9A-Za-z]/,
  space: /\s/,
  upper: /[A-Z]/,
  word: /\w/,
  xdigit: /[0-9A-Fa-f]/,
}

/** A POSIX class by its name; undefined for any other name. */
export function posixClass(name: string): CharSet | undefined {
  const test = Object.hasOwn(posix, name) ? posix[name] : undefined
  return test && setOf(c => test.test(c))
}

/** `\d`, `\s` and `\w` by their letter; a kernel name holds no blank. */
export function perlClass(letter: string): CharSet {
  const test = letter === 'd' ? /\d/ : letter === 'w' ? /\w/ : /\s/
  return setOf(c => test.test(c))
}

/** A Unicode category (`L`, `Lu`) or script (`Latin`); undefined when there is none of that name. */
export function unicodeClass(name: string, fold: boolean): CharSet | undefined {
  if (name === 'Any') return allChars
  try {
    const test = new RegExp(`^\\p{${name.length > 2 ? `Script=${name}` : name}}$`, 'u')
    const set = setOf(c => test.test(c))
    return fold ? foldCase(set) | foreignFolds(code => test.test(String.fromCodePoint(code))) : set
  } catch {
    return undefined
  }
}

export const wordChars: CharSet = setOf(c => /[0-9A-Za-z_]/.test(c))

/** The earliest character of a set that is not empty, as a text and as a set. */
export function firstChar(set: CharSet): {text: string; set: CharSet} {
  const lowest = set & -set
  return {text: alphabet[lowest.toString(2).length - 1] ?? '', set: lowest}
}

/** The character of a set of exactly one. */
export function onlyChar(set: CharSet): string | undefined {
  const first = firstChar(set)
  return set !== 0n && first.set === set ? first.text : undefined
}
