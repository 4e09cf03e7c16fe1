import {z} from 'zod'
import {cited, level} from './facts.ts'
import {bool, date, id, int, text, version} from './scalars.ts'

export const architecture = z.enum(['amd64', 'arm64'])
export type Architecture = z.output<typeof architecture>

/** Where a line's kernels come from. */
const archive = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('deb'),
    distribution: z.literal('debian').default('debian'),
    /** The archive's suite, `trixie` or `trixie-backports`. */
    suite: id,
    /** The last words of the kernel's name: `amd64`, `cloud-amd64`, `rt-amd64`, `arm64`. */
    flavour: id,
    /** Upstream series that the line stays in, `6.12`. */
    series: version,
  }),
  z.strictObject({
    kind: z.literal('rpm'),
    distribution: z.enum(['fedora', 'rhel', 'centos']),
    release: text,
    /** The image in which an in-cluster build runs. */
    builder: text,
  }),
])

/** A family of kernels of one distribution; the lock expands it into exact kernels. */
export const kernelLine = z.strictObject({
  id,
  title: text,
  /** An anchored RE2 expression for the raw `uname -r` names of the line: a promise to every node that fits. */
  match: text,
  arch: architecture,
  /** Left out when no archive lists the kernels (`kernels` then names them). */
  archive: archive.optional(),
  /** `supported` is built and mapped, `planned` only asked about (PreflightValidation), `eol` keeps its last image. */
  state: z.enum(['supported', 'planned', 'eol']),
  /** How many of the newest kernels are built. */
  keep: int.default(1),
  deliver: z.enum(['prebuilt', 'kmm-build']).default('prebuilt'),
  /** Exact kernels to ask about or to map although no archive lists them. */
  kernels: z.array(text).default([]),
  /** The image that an eol line stays at, below the release's registry. */
  lastImage: text.optional(),
  ...cited,
})
export type KernelLine = z.output<typeof kernelLine>

export const kernels = z.strictObject({
  /** Module name as modprobe knows it. */
  module: id,
  /** Oldest upstream kernel that the source claims to build on, and the oldest that was proven. */
  claimed: version,
  proven: version,
  lines: z.array(kernelLine).min(1),
  signing: z
    .strictObject({
      /** Name of the Secrets that KMM's sign block refers to for in-cluster builds. */
      keySecret: id,
      certSecret: id,
      enabled: bool,
    })
    .optional(),
})
export type Kernels = z.output<typeof kernels>

export const release = z.strictObject({
  /** The one place where the release version stands. */
  version,
  date,
  channel: z.enum(['stable', 'rc', 'nightly']),
  title: text.optional(),
  status: text.optional(),
  /** Container registry and prefix, `ghcr.io/owner`; charts lie below `charts`. */
  registry: text,
  charts: text.default('charts'),
  /** Descriptors in components/ that are built, by id. */
  components: z.array(id).min(1),
  architectures: z.array(architecture).min(1),
  channels: z.record(id, z.strictObject({summary: text, floating: z.array(text).default([])})),
  branches: z
    .array(z.strictObject({name: text, versions: text, state: z.enum(['active', 'fixes', 'ended'])}))
    .default([]),
  /** API versions that the release's components speak. */
  apis: z
    .array(
      z.strictObject({group: text, versions: z.array(text).min(1), component: id, note: text.optional()}),
    )
    .default([]),
  level: level.optional(),
})
export type Release = z.output<typeof release>
