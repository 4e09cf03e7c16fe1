import {z} from 'zod'
import {date, id, text, url, value, version} from './scalars.ts'

/** One test that passed: which facts it shows, by their ids, and what it ran with. */
export const evidenceRecord = z.strictObject({
  proves: z.array(id).default([]),
  /** File and name. */
  test: text,
  /** By component, in full: `kubernetes: 1.36.4`, `linux: 6.12.117+deb13-cloud-amd64`. */
  versions: z.record(id, text),
  /** Values that the rules ask for, as they were set: `kernelModule.enabled: true`. */
  values: z.record(z.string(), value).optional(),
})
export type EvidenceRecord = z.output<typeof evidenceRecord>

/**
 * A run of the tests whose signed statement was verified. `lockstep evidence apply` writes it and the level `tested` of
 * what it shows; facts name it as their source.
 */
export const evidence = z.strictObject({
  id,
  /** SHA-256 of the signed statement, by which the bundle is found again. */
  statement: text.regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 hexadecimal digits'),
  /** Whose signature was found right. */
  signer: text,
  /** The product's version in the sources that were tested, and their commit. */
  version,
  commit: text.regex(/^[0-9a-f]{40}$/, 'must be a whole commit id'),
  run: url.optional(),
  date,
  records: z.array(evidenceRecord).min(1),
})
export type Evidence = z.output<typeof evidence>
