import {z} from 'zod'
import {fail} from '#lib/diagnostics.ts'
import {parseJson} from '../lib/oci/manifest.ts'
import {evidenceRecord} from '../matrix/schema/evidence.ts'

export const recordFormat = 'lockstep/test-record/v1'

/** What one run of tests leaves behind: how it ended, and what each test that passed says that it has shown. */
export const testRecord = z.strictObject({
  apiVersion: z.literal(recordFormat),
  /** Which of the runs of a whole test it is: `unit`, `guest`, `e2e` … */
  name: z.string(),
  /** The commit whose files were tested, and whether they differed from it. */
  commit: z.string().regex(/^[0-9a-f]{40}$/),
  changed: z.boolean(),
  /** RFC 3339, UTC. */
  finished: z.iso.datetime(),
  passed: z.int().nonnegative(),
  failed: z.int().nonnegative(),
  skipped: z.int().nonnegative(),
  records: z.array(evidenceRecord),
})
export type TestRecord = z.output<typeof testRecord>

/** @throws H001 not a record */
export function readRecord(bytes: Uint8Array, name: string): TestRecord {
  const parsed = testRecord.safeParse(parseJson(bytes, name))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  fail({
    code: 'H001',
    message: `${name} is no record of tests: ${issue?.path.join('.')}: ${issue?.message}`,
    expected: `apiVersion ${recordFormat}`,
    hint: '`npm test -- --record DIR` writes them',
  })
}
