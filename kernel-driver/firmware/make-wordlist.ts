import {writeFileSync} from 'node:fs'

/*
 * Makes mock-accel-wordlist.txt: invented words that an English speaker can say, spell and tell apart. They
 * are built from syllables and belong to nobody. The order of their hashes decides which are taken, so that
 * the list is the same on every run and no part of the grammar is preferred.
 */

const size = 4096
const onsets = 'b bl br d dr f fl g gl gr h j k l m n p pl pr qu r s sk sl sm sn sp st t tr v w z'.split(' ')
const vowels = 'a e i o u ai ea oo'.split(' ')
const middles = 'b d g k l ld m mp n nd nt p r rd rk rm rn sk st t v z'.split(' ')
const endings = ['', ...'d ft l ld m n nd nt p r rk rn sk st t x y'.split(' ')]

/** Pieces of words that somebody may not want to read in a passphrase. */
const unwanted =
  /ass|ana?l|arse|bast|bitc|boob|bra|bum|butt|ca?u?m|cra|dam|die?k|dum|fa[gt]|fuk|gay|ge[iy]|goo?k|hel+$|ho[er]|kik|kil|lewd|naz|negr|ni[gp]|nud|oral|pa?ed|peni|pim|pi[sz]|poo|por[nk]|pus|rap|rec?t|semi?n|sex|sk?ank|sla[vn]|slut|sna[tg]|spas|spi[ck]|sti?nk|sui|tard|ti[td]|tra[np]|turd|wan[kg]|wo[pg]/

/** The words, sorted; each has 4 to 8 letters. */
export function makeWords(): string[] {
  const found = new Map<string, number>()
  for (const onset of onsets)
    for (const first of vowels)
      for (const middle of middles)
        for (const second of vowels)
          for (const ending of endings) {
            const word = onset + first + middle + second + ending
            if (isGood(word)) found.set(word, hash(word))
          }
  return [...found]
    .sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1))
    .slice(0, size)
    .map(([word]) => word)
    .sort()
}

/** FNV-1a with a last mix: even over words that differ in one letter. */
function hash(word: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < word.length; i++) h = Math.imul(h ^ word.charCodeAt(i), 0x01000193)
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d)
  return (h ^ (h >>> 13)) >>> 0
}

function isGood(word: string): boolean {
  if (word.length < 4 || word.length > 8) return false
  // Two long vowels, or letters that seldom meet, make a word hard to say.
  if ((word.match(/[aeiou]{2}/g)?.length ?? 0) > 1) return false
  if (/[aeiou]{3}|iy|uy|quu|quo|ji|wu|oox|aix|eax|ooy|aiy|eay/.test(word)) return false
  return !unwanted.test(word)
}

/** The same words for programs: the device takes its passphrases from them. */
export function wordsModule(words: readonly string[]): string {
  const lines = words.join(' ').replace(/(.{1,110})(?: |$)/g, '$1\n')
  return `// Made by kernel-driver/firmware/make-wordlist.ts; do not edit.

/** The words that passphrases are made of: invented, sorted, different. */
export const words: readonly string[] = \`
${lines}\`
  .trim()
  .split(/\\s+/)
`
}

if (import.meta.main) {
  const words = makeWords()
  writeFileSync(new URL('mock-accel-wordlist.txt', import.meta.url), `${words.join('\n')}\n`)
  writeFileSync(new URL('../../lib/generated/words.ts', import.meta.url), wordsModule(words))
}
