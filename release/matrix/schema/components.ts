import {z} from 'zod'
import {level} from './facts.ts'
import {bool, date, id, int, range, text, url, value, version} from './scalars.ts'

export const deprecation = z.strictObject({
  /** Names the feature for ever; a removal refers to it. */
  feature: id,
  title: text,
  replacement: text.optional(),
  /** The version in which it is planned to go. */
  removal: version.optional(),
})

export const knownIssue = z.strictObject({
  id,
  title: text,
  symptom: text.optional(),
  cause: text.optional(),
  workaround: text.optional(),
  tracking: url.optional(),
  /** The version from which it is gone. */
  fixedIn: version.optional(),
  level: level.optional(),
})
export type KnownIssue = z.output<typeof knownIssue>

export const componentVersion = z.strictObject({
  version,
  state: z.enum(['planned', 'supported', 'eol', 'yanked']).default('supported'),
  /** Why it was yanked. */
  withdrawn: text.optional(),
  released: date.optional(),
  /** Left out, the support policy computes it. */
  endOfSupport: date.optional(),
  title: text.optional(),
  notes: z.array(text).default([]),
  deprecations: z.array(deprecation).default([]),
  /** Features that are gone from this version on. */
  removals: z.array(z.strictObject({feature: id, note: text.optional()})).default([]),
  breaking: z.array(z.strictObject({title: text, migration: text.optional()})).default([]),
  knownIssues: z.array(knownIssue).default([]),
  /** What the version was said to work with, where history knows no better. */
  claims: z.record(id, text).default({}),
  source: id.optional(),
  asOf: date.optional(),
})
export type ComponentVersion = z.output<typeof componentVersion>

/** An API version that a component stops to serve; whoever still uses it has to move before. */
export const removedApi = z.strictObject({
  /** `flowcontrol.apiserver.k8s.io/v1beta3` */
  api: text,
  /** Left out, all kinds of it. */
  kinds: z.array(text).default([]),
  /** The first version without it. */
  removed: version,
  /** What to use instead. */
  replacement: text.optional(),
  source: id,
  asOf: date,
})
export type RemovedApi = z.output<typeof removedApi>

export const component = z.strictObject({
  title: text,
  summary: text.optional(),
  /**
   * How versions are ordered: `semver` three numbers and perhaps a prerelease; `minor` two numbers whose
   * patches are not told apart (Kubernetes' minors); `calendar` dates; `kernel` an upstream kernel version;
   * `opaque` words without order.
   */
  scheme: z.enum(['semver', 'minor', 'calendar', 'kernel', 'opaque']),
  /** An axis that others are planned around, such as Kubernetes. */
  platform: bool.optional(),
  /** Components that move together, in `order` (CRDs before the controller). */
  group: id.optional(),
  order: int.optional(),
  /** Several of the same, each with its own version: node groups, or one per node. */
  instances: z.union([z.literal('per-node'), z.array(id)]).optional(),
  /** A part of the release unit: its version is the release's. */
  lockstep: bool.optional(),
  home: url.optional(),
  recommended: range.optional(),
  /** Not needed by everyone; says when it is. */
  optional: text.optional(),
  /** Values and features that conditions may name, and what they mean. */
  values: z.record(z.string(), z.strictObject({summary: text, default: value.optional()})).default({}),
  versions: z.array(componentVersion).default([]),
  removedApis: z.array(removedApi).default([]),
})
export type Component = z.output<typeof component>
