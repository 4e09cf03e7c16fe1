import {z} from 'zod'
import {id, text, url, version} from '#release/matrix/schema/scalars.ts'

const entry = z.strictObject({
  text,
  /** The component that it is about; left out when it is about the whole. */
  component: id.optional(),
  link: url.optional(),
})
export type Entry = z.output<typeof entry>

const entries = z.array(entry).default([])

const artifact = z.strictObject({
  name: text,
  kind: z.enum(['image', 'chart', 'binary', 'source']),
  tags: z.array(text).default([]),
  platforms: z.array(text).default([]),
  note: text.optional(),
})
export type ReleasedArtifact = z.output<typeof artifact>

/** What people write about one version: matrix/changes/<version>.yaml. Its day and its issues are the matrix's. */
export const changesSchema = z.strictObject({
  apiVersion: z.literal('lockstep/v1'),
  kind: z.literal('Changes'),
  /** `unreleased` collects what the next version will say. */
  version: z.union([z.literal('unreleased'), version]),
  /** The overview of the release notes: one paragraph. */
  summary: text.optional(),
  /** What is in it, component by component. */
  included: z
    .array(z.strictObject({component: id, text: text.optional(), features: z.array(text).default([])}))
    .default([]),
  /** What is worth showing, with an example. */
  features: z
    .array(
      z.strictObject({
        title: text,
        text,
        example: z.strictObject({language: text, code: text}).optional(),
      }),
    )
    .default([]),
  /** For a version that other tools released; else the artifacts follow from the components. */
  artifacts: z.array(artifact).default([]),
  securityModel: z.array(text).default([]),
  /** What tests cover, in words. */
  tests: z.array(text).default([]),
  changes: z
    .strictObject({
      added: entries,
      changed: entries,
      deprecated: entries,
      removed: entries,
      fixed: entries,
      security: entries,
    })
    .prefault({}),
})
export type Changes = z.output<typeof changesSchema>
