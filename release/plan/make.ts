import {fail} from '#lib/diagnostics.ts'
import {imageTag} from '../kernels/kmm.ts'
import type {Matrix} from '../matrix/schema/index.ts'
import type {BuildRecipe, ComponentDescriptor, KernelModuleRecipe} from './component.ts'
import {digestOf} from './digest.ts'
import {executableDraft} from './executable.ts'
import {filesBelow} from './files-below.ts'
import {
  type Artifact,
  type LockedPackage,
  type NpmPackage,
  planVersion,
  type Recipe,
  type RecipeOf,
  type ReleasePlan,
  type TreeFile,
} from './plan.ts'
import {floatingTags, lineTag} from './tags.ts'

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
  /** busybox-static per architecture. */
  base: Readonly<Record<'amd64' | 'arm64', LockedPackage>>
  /** The checkout's files with generated ones as they would be written now. */
  tree: readonly TreeFile[]
  /** package-lock.json's entries, by name. */
  npm: ReadonlyMap<string, NpmPackage>
  toolbox: string
  lock: 'committed' | 'overlay'
  /** SOURCE_DATE_EPOCH of the environment, when set. */
  epoch?: number
  /** Modules in images are signed with the key of this certificate. */
  signature?: Signature
}

type Signature = NonNullable<RecipeOf<'kmod-image'>['signature']>

/** Raised whenever a builder's output changes for the same inputs. */
const builder = 3

/** Publishing order: images, then what refers to them, then lists over everything. */
const stages = {image: 0, chart: 1, manifests: 2, file: 3, release: 4} as const

/** An artifact whose digest is not known yet: it needs those of `needs`. */
export type Draft = Omit<Artifact, 'digest'>

/**
 * What the release consists of, in build order. Pure: the same input gives the same plan.
 * @throws P001 the matrix has no release, P002 a component without descriptor, P003 nothing matches a recipe's
 *   paths, P004 package-lock.json does not lock a package
 */
export function makePlan(input: PlanInput): ReleasePlan {
  const {matrix} = input
  const release = matrix.release
  if (!release)
    fail({
      code: 'P001',
      message: `the matrix of ${matrix.product.id} describes no release`,
      hint: 'add a release: section',
    })
  const descriptors = release.components.map(id => descriptorOf(id, input.components))
  const epoch = input.epoch ?? Date.parse(`${release.date}T00:00:00Z`) / 1000

  const drafts = unique(
    descriptors.flatMap(component =>
      component.builds.flatMap(build => draftsOf(build, component, input, release)),
    ),
  )
  drafts.push(notes(input, release.version))
  drafts.push(lists(matrix, drafts))
  drafts.push(checksums(drafts))
  drafts.push(wholeRelease(matrix, drafts))

  const digests = new Map<string, string>()
  const artifacts = inBuildOrder(drafts).map(draft => {
    const needs = draft.needs.map(id => digests.get(id))
    const toolbox = usesToolbox(draft.recipe) ? input.toolbox : undefined
    const digest = digestOf({builder, epoch, toolbox, recipe: draft.recipe, needs})
    digests.set(draft.id, digest)
    return {...draft, digest}
  })
  return {
    apiVersion: planVersion,
    product: matrix.product.id,
    version: release.version,
    channel: release.channel,
    epoch,
    lock: input.lock,
    registry: release.registry,
    repositoryUrl: matrix.product.repository,
    licenses: matrix.product.license,
    toolbox: input.toolbox,
    artifacts,
  }
}

function usesToolbox(recipe: Recipe): boolean {
  return recipe.kind === 'module' || recipe.kind === 'base' || recipe.kind === 'node-executable'
}

function descriptorOf(id: string, all: readonly ComponentDescriptor[]): ComponentDescriptor {
  return (
    all.find(c => c.id === id) ??
    fail({code: 'P002', message: `release.components names ${id}, but components/${id}.yaml is not there`})
  )
}

type Release = NonNullable<Matrix['release']>

function draftsOf(
  build: BuildRecipe,
  component: ComponentDescriptor,
  input: PlanInput,
  release: Release,
): Draft[] {
  const {version, channel} = release
  const common = {component: component.id, needs: [] as string[], files: [] as string[]}
  switch (build.kind) {
    case 'kernel-module':
      return input.kernels.flatMap((kernel, i) => moduleDrafts(build, component, input, release, kernel, i))
    case 'chart': {
      const file = `${build.chart}-${version}.tgz`
      return [
        {
          ...common,
          id: `chart:${build.chart}`,
          title: `${component.title} ${build.chart} ${version}`,
          recipe: {
            kind: 'chart',
            chart: build.chart,
            version,
            root: component.path,
            files: filesBelow(input.tree, [component.path], component.id),
          },
          files: [file],
          oci: {repository: `${release.charts}/${build.chart}`, tags: [version], floating: []},
          stage: stages.chart,
        },
      ]
    }
    case 'manifests':
      return [
        {
          ...common,
          id: `manifests:${build.image}`,
          title: `${component.title} ${version}`,
          recipe: {
            kind: 'manifests',
            version,
            root: build.from,
            files: filesBelow(input.tree, [build.from], component.id),
          },
          files: [`${build.image}-v${version}.tar.gz`],
          oci: {repository: build.image, tags: [`v${version}`], floating: floatingTags(version, channel)},
          stage: stages.manifests,
        },
      ]
    case 'node-executable':
      return release.architectures.map(arch => ({
        ...executableDraft(build, component, input, version, arch),
        stage: stages.file,
      }))
    case 'source': {
      const prefix = `${input.matrix.product.id}-v${version}`
      return [
        {
          ...common,
          id: `source:${build.name}`,
          title: `${component.title}, source`,
          recipe: {kind: 'source', prefix, files: filesBelow(input.tree, build.paths, component.id)},
          files: [`${prefix}-${build.name}.tar.gz`],
          stage: stages.file,
        },
      ]
    }
  }
}

function moduleDrafts(
  build: KernelModuleRecipe,
  component: ComponentDescriptor,
  input: PlanInput,
  release: Release,
  kernel: PlannedKernel,
  index: number,
): Draft[] {
  const {version} = release
  const newestOfLine = input.kernels.findIndex(k => k.line === kernel.line) === index
  const below = (paths: string[]) =>
    filesBelow(
      input.tree,
      paths.map(p => `${component.path}/${p}`),
      component.id,
    )
  const module: Draft = {
    id: `module:${build.module}:${kernel.kernel}`,
    component: component.id,
    title: `${build.module}.ko for ${kernel.kernel}`,
    recipe: {
      kind: 'module',
      module: build.module,
      version,
      kernel: kernel.kernel,
      line: kernel.line,
      arch: kernel.arch,
      compiler: kernel.compiler,
      packages: kernel.packages,
      root: component.path,
      sources: below(build.sources),
    },
    needs: [],
    files: [],
    stage: stages.image,
  }
  const base: Draft = {
    id: `base:${kernel.arch}`,
    component: component.id,
    title: `busybox layer for ${kernel.arch}`,
    recipe: {kind: 'base', arch: kernel.arch, package: input.base[kernel.arch]},
    needs: [],
    files: [],
    stage: stages.image,
  }
  const certificate: Draft[] = input.signature
    ? [certificateDraft(build.module, component.id, input.signature)]
    : []
  const image: Draft = {
    id: `image:${build.image}:${kernel.kernel}`,
    component: component.id,
    title: `${build.image} for ${kernel.kernel}`,
    recipe: {
      kind: 'kmod-image',
      module: build.module,
      version,
      kernel: kernel.kernel,
      line: kernel.line,
      arch: kernel.arch,
      license: component.license,
      root: component.path,
      firmware: build.firmware.length > 0 ? below(build.firmware) : [],
      ...(input.signature ? {signature: input.signature} : {}),
    },
    needs: [module.id, base.id, ...certificate.map(c => c.id)],
    files: [],
    oci: {
      repository: build.image,
      tags: [imageTag(version, kernel.kernel)],
      floating: newestOfLine ? [lineTag(kernel.line, release.channel)] : [],
    },
    stage: stages.image,
  }
  return [module, base, ...certificate, image]
}

function certificateDraft(module: string, component: string, {certificate}: Signature): Draft {
  return {
    id: `certificate:${module}`,
    component,
    title: `Certificate of the signatures on ${module}.ko`,
    recipe: {kind: 'certificate', sha256: certificate},
    needs: [],
    files: [`${module}-signing.crt`],
    stage: stages.file,
  }
}

function notes(input: PlanInput, version: string): Draft {
  return {
    id: 'notes',
    component: input.matrix.product.id,
    title: 'Release notes',
    recipe: {kind: 'notes', files: filesBelow(input.tree, [`docs/release-notes/v${version}.md`], 'release')},
    needs: [],
    files: [`RELEASE-NOTES-v${version}.md`],
    stage: stages.file,
  }
}

function lists(matrix: Matrix, drafts: readonly Draft[]): Draft {
  const release = matrix.release as Release
  return {
    id: 'lists',
    component: matrix.product.id,
    title: 'Lists of images and digests',
    recipe: {kind: 'lists', version: release.version, registry: release.registry, charts: release.charts},
    needs: drafts.filter(d => d.oci || d.recipe.kind === 'module').map(d => d.id),
    files: ['digests.json', 'images.txt', `values-digests-v${release.version}.yaml`],
    stage: stages.file,
  }
}

function checksums(drafts: readonly Draft[]): Draft {
  return {
    id: 'checksums',
    component: 'release',
    title: 'SHA256SUMS',
    recipe: {kind: 'checksums'},
    needs: drafts.filter(d => d.files.length > 0).map(d => d.id),
    files: ['SHA256SUMS'],
    stage: stages.file,
  }
}

function wholeRelease(matrix: Matrix, drafts: readonly Draft[]): Draft {
  const {version, channel} = matrix.release as Release
  return {
    id: 'release',
    component: matrix.product.id,
    title: `${matrix.product.title} ${version}, release files`,
    recipe: {kind: 'release'},
    needs: drafts.filter(d => d.files.length > 0).map(d => d.id),
    files: [],
    oci: {repository: matrix.product.id, tags: [`v${version}`], floating: floatingTags(version, channel)},
    stage: stages.release,
  }
}

/** Kernels of one architecture share their base layer, and all the certificate, which each of them lists. */
function unique(drafts: readonly Draft[]): Draft[] {
  return [...new Map(drafts.map(d => [d.id, d])).values()]
}

/** Needed ones first, else as they came; drafts name what they need by id. */
function inBuildOrder(drafts: readonly Draft[]): Draft[] {
  const byId = new Map(drafts.map(d => [d.id, d]))
  const ordered = new Set<Draft>()
  const visit = (draft: Draft) => {
    if (ordered.has(draft)) return
    for (const id of draft.needs) {
      const needed = byId.get(id)
      if (needed) visit(needed)
    }
    ordered.add(draft)
  }
  for (const draft of drafts) visit(draft)
  return [...ordered]
}
