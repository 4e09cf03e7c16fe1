import {z} from 'zod'
import {bool, id, text} from '../matrix/schema/scalars.ts'

/** A path inside the repository, with `/`, without `..`. */
const path = text.refine(
  p => !p.startsWith('/') && !p.split('/').includes('..'),
  'must be a path inside the repository',
)

/** A kernel module, built once for every kernel of the lock and packed as a KMM-ready image per kernel. */
const kernelModule = z.strictObject({
  kind: z.literal('kernel-module'),
  /** File name without `.ko`; modprobe's name has `_` for `-`. */
  module: id,
  /** Image repository below the release's registry. */
  image: id,
  /** Source files, relative to the component's path. */
  sources: z.array(path).min(1),
  /** Copied to /firmware in the image. */
  firmware: z.array(path).default([]),
})

/** A Helm chart, packed as `.tgz` and as an OCI artifact. */
const chart = z.strictObject({kind: z.literal('chart'), chart: id})

/** Rendered manifests as one OCI artifact that Argo CD and Flux both take. */
const manifests = z.strictObject({kind: z.literal('manifests'), image: id, from: path})

/** A source tarball, `<product>-v<version>-<name>.tar.gz`, of the tracked files below `paths`. */
const source = z.strictObject({kind: z.literal('source'), name: id, paths: z.array(path).min(1)})

/** A program as one file per architecture, `<name>-linux-<arch>`: Node, the bundled program, and its addon. */
const nodeExecutable = z.strictObject({
  kind: z.literal('node-executable'),
  name: id,
  /** Its first module, relative to the component's path. It may import `#lib/`. */
  entry: path,
  /** Folders with all that is bundled. */
  sources: z.array(path).min(1),
  /** npm packages that are bundled. */
  packages: z.array(text).default([]),
  /** `node <compile> ARCH HEADERS OUTPUT` makes the addon, which the program finds as the asset `asset`. */
  addon: z.strictObject({compile: path, asset: text}).optional(),
})

/** A program as a container image for all architectures: Debian's C library, Node, and the bundled program. */
const nodeImage = z.strictObject({
  kind: z.literal('node-image'),
  /** Image repository below the release's registry, and the bundle's name: `/app/<image>.cjs`. */
  image: id,
  /** Its first module, relative to the component's path. It may import `#lib/`. */
  entry: path,
  /** Folders with all that is bundled. */
  sources: z.array(path).min(1),
  /** npm packages that are bundled. */
  packages: z.array(text).default([]),
  /** Flags of Node's own. */
  flags: z.array(text).default([]),
  /** With a shell, for a program that runs its user's commands. */
  shell: bool.default(false),
  /** The chart's value that names the image, `draDriver.image`; its `digest` gets pinned. */
  value: text.optional(),
})

/** One thing that is released: a folder, and how it is built. */
export const componentSchema = z.strictObject({
  apiVersion: z.literal('lockstep/v1'),
  kind: z.literal('Component'),
  id,
  title: text,
  summary: text,
  path,
  /** SPDX expression. */
  license: text,
  builds: z
    .array(z.discriminatedUnion('kind', [kernelModule, chart, manifests, source, nodeExecutable, nodeImage]))
    .min(1),
})
export type ComponentDescriptor = z.output<typeof componentSchema>
export type BuildRecipe = ComponentDescriptor['builds'][number]
export type KernelModuleRecipe = z.output<typeof kernelModule>
export type ChartRecipe = z.output<typeof chart>
export type ManifestsRecipe = z.output<typeof manifests>
export type SourceRecipe = z.output<typeof source>
export type NodeExecutableRecipe = z.output<typeof nodeExecutable>
export type NodeImageRecipe = z.output<typeof nodeImage>
