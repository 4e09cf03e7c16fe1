import {z} from 'zod'

/** The plan's format; a reader refuses any other. */
export const planVersion = 'lockstep/plan/v1'

const hex = z.string().regex(/^[0-9a-f]{64}$/)
const lockedPackage = z.strictObject({
  name: z.string(),
  version: z.string(),
  suite: z.string(),
  filename: z.string(),
  size: z.number().int().nonnegative(),
  sha256: hex,
})
export type LockedPackage = z.output<typeof lockedPackage>

/** A package as package-lock.json names it: `integrity` is what npm checks, `sha512-…`. */
const npmPackage = z.strictObject({name: z.string(), version: z.string(), integrity: z.string()})
export type NpmPackage = z.output<typeof npmPackage>

/** A tracked file of the checkout. `mode` is 0644, 0755 or `link`; a link's digest is that of its target's text. */
const treeFile = z.strictObject({path: z.string(), mode: z.enum(['0644', '0755', 'link']), digest: hex})
export type TreeFile = z.output<typeof treeFile>

const arch = z.enum(['amd64', 'arm64'])
const channel = z.enum(['stable', 'rc', 'nightly'])

/** What a builder needs, by kind of artifact; everything in here is part of the artifact's digest. */
const recipe = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('module'),
    module: z.string(),
    version: z.string(),
    kernel: z.string(),
    line: z.string(),
    arch,
    compiler: z.string(),
    packages: z.array(lockedPackage),
    /** The component's folder; `sources` lie below it. */
    root: z.string(),
    sources: z.array(treeFile),
  }),
  z.strictObject({
    kind: z.literal('kmod-image'),
    module: z.string(),
    version: z.string(),
    kernel: z.string(),
    line: z.string(),
    arch,
    license: z.string(),
    root: z.string(),
    firmware: z.array(treeFile),
    /** The module's copy in the image is signed; the `module` artifact never is. */
    signature: z.strictObject({certificate: hex, algorithm: z.enum(['rsa', 'ecdsa'])}).optional(),
  }),
  /** The certificate of the module signatures, by the SHA-256 of its DER form. */
  z.strictObject({kind: z.literal('certificate'), sha256: hex}),
  z.strictObject({
    kind: z.literal('chart'),
    chart: z.string(),
    version: z.string(),
    root: z.string(),
    files: z.array(treeFile),
  }),
  z.strictObject({
    kind: z.literal('manifests'),
    version: z.string(),
    root: z.string(),
    files: z.array(treeFile),
  }),
  /** The layer under every kmod image: a shell and what KMM's init container calls. */
  z.strictObject({kind: z.literal('base'), arch, package: lockedPackage}),
  z.strictObject({kind: z.literal('source'), prefix: z.string(), files: z.array(treeFile)}),
  /** Paths are the repository's. */
  z.strictObject({
    kind: z.literal('node-executable'),
    name: z.string(),
    version: z.string(),
    arch,
    entry: z.string(),
    addon: z.strictObject({compile: z.string(), asset: z.string()}).optional(),
    sources: z.array(treeFile),
    /** The Node that goes into it. */
    node: npmPackage,
    /** What is bundled with it. */
    packages: z.array(npmPackage),
    /** What makes it. */
    tools: z.strictObject({node: npmPackage, bundler: npmPackage}),
  }),
  /** The lowest layer under Node: Debian's C and C++ libraries. */
  z.strictObject({kind: z.literal('debian-layer'), arch, packages: z.array(lockedPackage)}),
  z.strictObject({kind: z.literal('node-layer'), arch, node: npmPackage}),
  /** A program bundled into one file, the same for every architecture. Paths are the repository's. */
  z.strictObject({
    kind: z.literal('application-layer'),
    name: z.string(),
    version: z.string(),
    entry: z.string(),
    sources: z.array(treeFile),
    copyright: treeFile,
    packages: z.array(npmPackage),
    bundler: npmPackage,
  }),
  /** An index over one image for each architecture, from an application layer and each architecture's others. */
  z.strictObject({
    kind: z.literal('node-image'),
    name: z.string(),
    version: z.string(),
    license: z.string(),
    flags: z.array(z.string()),
    /** The chart's value whose `digest` pins the image. */
    value: z.string().optional(),
  }),
  /** images.txt, digests.json and the digest-pinned values, from the artifacts and modules that it needs. */
  z.strictObject({
    kind: z.literal('lists'),
    version: z.string(),
    /** It decides which floating tags there are, of which digests.json tells. */
    channel,
    registry: z.string(),
    charts: z.string(),
  }),
  /** Bills of materials of the release and of each artifact that it needs; the names stand in them. */
  z.strictObject({
    kind: z.literal('sbom'),
    product: z.string(),
    version: z.string(),
    registry: z.string(),
    repositoryUrl: z.string(),
  }),
  z.strictObject({kind: z.literal('notes'), files: z.array(treeFile)}),
  z.strictObject({kind: z.literal('checksums')}),
  /** All release files as one OCI artifact. */
  z.strictObject({kind: z.literal('release')}),
])
export type Recipe = z.output<typeof recipe>
const toolboxKinds: ReadonlySet<Recipe['kind']> = new Set<Recipe['kind']>([
  'module',
  'base',
  'node-executable',
  'debian-layer',
  'node-layer',
  'application-layer',
])

/** Whether the toolbox root is an input of what the recipe makes. */
export function usesToolbox({kind}: Recipe): boolean {
  return toolboxKinds.has(kind)
}

export type RecipeOf<K extends Recipe['kind']> = Extract<Recipe, {kind: K}>

const artifact = z.strictObject({
  /** `kind:name`, unique in the plan. */
  id: z.string(),
  component: z.string(),
  title: z.string(),
  recipe,
  /** Artifacts whose outputs go into this one. */
  needs: z.array(z.string()),
  /** SHA-256 over recipe, epoch, builder and the digests of what it needs: same digest, same bytes. */
  digest: hex,
  /** Names under dist/release, of files that are downloaded and checksummed. */
  files: z.array(z.string()),
  /** Where it is published, when it is an OCI artifact. */
  oci: z
    .strictObject({
      /** Below the release's registry, `mock-accel-module`. */
      repository: z.string(),
      /** Fixed for ever. */
      tags: z.array(z.string()),
      /** Follow the newest release; moved last. */
      floating: z.array(z.string()),
    })
    .optional(),
  /** Publishing order: everything of a lower stage is there before the next begins. */
  stage: z.number().int().nonnegative(),
})
export type Artifact = z.output<typeof artifact>

/** Everything that a release consists of, where each part comes from and where it goes. */
export const planSchema = z.strictObject({
  apiVersion: z.literal(planVersion),
  product: z.string(),
  version: z.string(),
  channel,
  /** SOURCE_DATE_EPOCH, seconds since 1970. */
  epoch: z.number().int().nonnegative(),
  /** `overlay`: some locked input has vanished from the mirror; such a release is never published. */
  lock: z.enum(['committed', 'overlay']),
  registry: z.string(),
  repositoryUrl: z.string(),
  licenses: z.string(),
  /** Digest of the toolbox root's lock. */
  toolbox: hex,
  artifacts: z.array(artifact),
  /** What belongs to the release and can't be made on this machine: one that lacks something is never published. */
  leftOut: z.array(z.strictObject({id: z.string(), title: z.string(), because: z.string()})),
})
export type ReleasePlan = z.output<typeof planSchema>
