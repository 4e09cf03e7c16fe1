import {createHash} from 'node:crypto'

/** Counts up when the same packages are put together in another way. */
const recipe = 2

/** What the root lies under in the cache, and an input of all that is built in it. */
export function lockDigest(bytes: Uint8Array): string {
  return createHash('sha256').update(`recipe ${recipe}\n`).update(bytes).digest('hex')
}
