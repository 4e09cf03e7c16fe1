import {z} from 'zod'
import {id, int, text, url} from './scalars.ts'

export const product = z.strictObject({
  id,
  title: text,
  summary: text,
  /** The component whose versions are the product's. */
  component: id,
  home: url,
  repository: url,
  issues: url,
  documentation: url.optional(),
  license: text,
  security: z.strictObject({
    contact: text,
    policy: url.optional(),
    /** Vulnerabilities that were reported and are public. */
    reported: z
      .array(z.strictObject({id: text, summary: text, fixedIn: text.optional(), url: url.optional()}))
      .default([]),
  }),
  contributors: z.array(z.strictObject({name: text, handle: text.optional(), role: text})).default([]),
  acknowledgments: z.array(z.strictObject({title: text, url, because: text})).default([]),
  support: z
    .strictObject({
      /** What the latest minor gets, for as long as it is the latest. */
      latest: text,
      /** What the minor before gets, and for how many months after its successor. */
      previous: text,
      previousMonths: int,
      older: text,
    })
    .optional(),
  deprecation: z
    .strictObject({
      /** A feature is deprecated in at least this many minors before the one that removes it. */
      minors: int,
      /** … and for at least this many months. */
      months: int,
    })
    .optional(),
})
export type Product = z.output<typeof product>
