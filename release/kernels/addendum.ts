/** The record of module images that were built for a release after it was published. */
import {z} from 'zod'
import {type Diagnostic, DiagnosticError} from '#lib/diagnostics.ts'
import {imageTag} from './kmm.ts'

export const addendumVersion = 'lockstep/addendum/v1'
/** The type by which tools find addenda among a release's referrers. */
export const addendumType = 'application/vnd.lockstep.addendum.v1+json'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits')
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 lower-case hex digits')

const addendumImage = z.strictObject({
  /** The raw kernel name. */
  kernel: z.string().min(1),
  line: z.string().min(1),
  arch: z.enum(['amd64', 'arm64']),
  tag: z.string().min(1),
  /** Of the image's index. */
  digest,
  inputs: z.strictObject({
    compiler: z.string(),
    /** The toolbox root's lock. */
    toolbox: z.string(),
    /** The module's source tree. */
    source: digest,
    packages: z.array(z.strictObject({name: z.string(), version: z.string(), sha256})),
  }),
})

export const addendumSchema = z.strictObject({
  apiVersion: z.literal(addendumVersion),
  /** The release's version, without `v`. */
  release: z.string().min(1),
  /** When it was made, UTC, whole seconds: `2026-11-25T10:00:00Z`. */
  created: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 'must be such as 2026-11-25T10:00:00Z'),
  images: z.array(addendumImage).min(1),
})
export type Addendum = z.output<typeof addendumSchema>
export type AddendumImage = z.output<typeof addendumImage>

/**
 * A new addendum; images are sorted by tag.
 * @param created seconds since 1970
 * @throws DiagnosticError K040 when a tag is not the one that the chart's mappings ask for
 */
export function makeAddendum(release: string, created: number, images: readonly AddendumImage[]): Addendum {
  const problems = images.flatMap(({kernel, tag}) => tagProblem(release, kernel, tag))
  if (problems.length > 0) throw new DiagnosticError(problems)
  return {
    apiVersion: addendumVersion,
    release,
    created: new Date(created * 1000).toISOString().replace(/\.\d+Z$/, 'Z'),
    images: [...images].sort((a, b) => (a.tag < b.tag ? -1 : a.tag > b.tag ? 1 : 0)),
  }
}

/** The canonical text, which is what gets signed: JSON, keys in the schema's order, two blanks, a final newline. */
export function addendumText(addendum: Addendum): string {
  return `${JSON.stringify(addendumSchema.parse(addendum), undefined, 2)}\n`
}

/**
 * Reads an addendum.
 * @throws DiagnosticError K040 with every problem
 */
export function readAddendum(text: string, file: string): Addendum {
  const place = {file, line: 1, col: 1}
  const refuse = (messages: string[]): never => {
    throw new DiagnosticError(
      messages.map(message => ({code: 'K040', severity: 'error', message: `${file}: ${message}`, place})),
    )
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return refuse([error instanceof Error ? error.message : String(error)])
  }
  const parsed = addendumSchema.safeParse(value)
  if (!parsed.success)
    return refuse(parsed.error.issues.map(i => `${i.path.join('.') || 'the file'}: ${i.message}`))
  const {release, images} = parsed.data
  const problems = images.flatMap(({kernel, tag}) => tagProblem(release, kernel, tag))
  return problems.length > 0 ? refuse(problems.map(p => p.message)) : parsed.data
}

function tagProblem(release: string, kernel: string, tag: string): Diagnostic[] {
  const expected = imageTag(release, kernel)
  if (tag === expected) return []
  const message = `the tag ${tag} is not that of kernel ${kernel} in release ${release}`
  return [{code: 'K040', severity: 'error', message, expected}]
}
