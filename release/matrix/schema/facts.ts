import {z} from 'zod'
import {date, id, text, url} from './scalars.ts'

/**
 * How well a fact is known. `tested` comes from a test run's record alone; `supported` is documented by
 * whoever answers for it; `expected` is our reading; `broken` is known not to work.
 */
export const level = z.enum(['tested', 'supported', 'expected', 'broken', 'unknown'])
export type Level = z.output<typeof level>

/** Something that can be read and cited; facts refer to it by its id. */
export const source = z.strictObject({
  title: text,
  url: url.optional(),
  /** When somebody last looked. */
  seen: date,
})
export type Source = z.output<typeof source>

/** What every fact carries. */
export const cited = {
  level,
  because: text.optional(),
  source: id,
  asOf: date,
}
