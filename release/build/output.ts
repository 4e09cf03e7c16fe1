import {z} from 'zod'
import {type Digest, isDigest} from '../lib/digest.ts'

const digest = z.string().refine(isDigest)
const blob = z.strictObject({
  digest: digest.transform(d => d as Digest),
  size: z.number().int().nonnegative(),
})
/** Bytes in the store. */
export type Blob = z.output<typeof blob>

const descriptor = z.strictObject({
  mediaType: z.string(),
  digest: digest.transform(d => d as Digest),
  size: z.number().int().nonnegative(),
})

const output = z.strictObject({
  /** Files by name: release files, or what the next builder takes. */
  files: z.record(z.string(), blob),
  /** The OCI artifact's root, and every blob and manifest below it, children first. */
  oci: z.strictObject({root: descriptor, content: z.array(descriptor)}).optional(),
})
/** What a builder made, by digests. */
export type Output = z.output<typeof output>

/** Undefined when it can't be read. */
export function readOutput(data: Buffer): Output | undefined {
  return output.safeParse(readJson(data)).data
}

export function blobsOf(made: Output | undefined): Blob[] {
  return made ? [...Object.values(made.files), ...(made.oci?.content ?? [])] : []
}

export function readJson(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString())
  } catch {
    return undefined
  }
}
