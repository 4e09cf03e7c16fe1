import {randomBytes} from 'node:crypto'
import {words} from '#lib/generated/words.ts'

/** Cryptographically random bytes; a seeded one in tests. */
export type RandomSource = (size: number) => Uint8Array

/**
 * A number from 0 to below `bound` (at most 65536), each as likely as the other: draws that would favour the low
 * ones are thrown away.
 */
export function uniform(bound: number, random: RandomSource): number {
  const limit = 0x10000 - (0x10000 % bound)
  for (;;) {
    const [low = 0, high = 0] = random(2)
    const draw = low | (high << 8)
    if (draw < limit) return draw % bound
  }
}

/** A passphrase of `count` words, joined by hyphens. */
export function makePassphrase(
  count: number,
  random: RandomSource = randomBytes,
  list: readonly string[] = words,
): string {
  return Array.from({length: count}, () => list[uniform(list.length, random)]).join('-')
}
