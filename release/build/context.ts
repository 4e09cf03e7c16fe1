import type {FetchDeb, Toolbox} from '../effects/toolbox/types.ts'
import type {Files, Progress} from '../lib/effects.ts'
import type {ModuleSigner} from '../lib/signing/signer.ts'
import type {
  Artifact,
  LockedPackage,
  NpmPackage,
  Recipe,
  RecipeOf,
  ReleasePlan,
  TreeFile,
} from '../plan/plan.ts'
import type {Output, Store} from './store.ts'

/** What builders stand on. */
export type BuildContext = {
  plan: ReleasePlan
  store: Store
  files: Files
  /** The cache's folder, for what is too large for the store (unpacked kernel headers). */
  cache: string
  /** Opened by the first builder that needs it. */
  toolbox: () => Promise<Toolbox>
  fetchDeb: FetchDeb
  /** The folder of a package's files, on the host. */
  npmPackage: (locked: NpmPackage) => Promise<string>
  /** Bytes of a file of the plan. @throws B001 they are not what was planned */
  readTree: (file: TreeFile) => Promise<Buffer>
  progress: Progress
  /** With the key of the certificate that the plan names, when it has signed modules. */
  signer?: ModuleSigner
}

/** Makes one artifact from its recipe and the outputs of what it needs, in the order of `artifact.needs`. */
export type Builder<K extends Recipe['kind']> = (
  recipe: RecipeOf<K>,
  needed: readonly Needed[],
  artifact: Artifact,
  context: BuildContext,
) => Promise<Output>

export type Needed = {artifact: Artifact; output: Output}

/** The archive file of a locked package, on the host. */
export function debOf(
  context: BuildContext,
  {suite, filename, sha256, size}: LockedPackage,
): Promise<string> {
  return context.fetchDeb({suite, filename, sha256, size}, {progress: context.progress})
}
