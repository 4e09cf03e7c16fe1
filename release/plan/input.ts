import type {Matrix} from '../matrix/schema/index.ts'
import type {ComponentDescriptor} from './component.ts'
import type {Artifact, LockedPackage, NpmPackage, RecipeOf, TreeFile} from './plan.ts'

/** A kernel of the lock, as far as a plan needs it. */
export type PlannedKernel = {
  line: string
  kernel: string
  arch: 'amd64' | 'arm64'
  compiler: string
  packages: LockedPackage[]
}

export type PlanInput = {
  matrix: Matrix
  /** Descriptors of components/, any order. */
  components: readonly ComponentDescriptor[]
  /** Kernels to build, the newest of each line first. */
  kernels: readonly PlannedKernel[]
  /** busybox-static per architecture, of the kernel lock. */
  base?: Readonly<Record<'amd64' | 'arm64', LockedPackage>>
  /** The libraries under Node per architecture. */
  runtime?: Readonly<Record<'amd64' | 'arm64', readonly LockedPackage[]>>
  /** The checkout's files with generated ones as they would be written now. */
  tree: readonly TreeFile[]
  /** package-lock.json's entries, by name. */
  npm: ReadonlyMap<string, NpmPackage>
  /** Packages of npm that can't be had here, with the reason: what needs one is left out. */
  unavailable?: ReadonlyMap<string, string>
  toolbox: string
  lock: 'committed' | 'overlay'
  /** SOURCE_DATE_EPOCH of the environment, when set. */
  epoch?: number
  /** Modules in images are signed with the key of this certificate. */
  signature?: Signature
}

export type Signature = NonNullable<RecipeOf<'kmod-image'>['signature']>

export type Release = NonNullable<Matrix['release']>

/** An artifact whose digest is not known yet: it needs those of `needs`. */
export type Draft = Omit<Artifact, 'digest'>

/** Publishing order: images, then what refers to them, then lists over everything. */
export const stages = {image: 0, chart: 1, manifests: 2, file: 3, release: 4} as const
