import type {Matrix} from '../matrix/schema/index.ts'
import {filesBelow} from './files-below.ts'
import {type Draft, type PlanInput, type Release, stages} from './input.ts'
import {floatingTags} from './tags.ts'

/** What speaks of all the rest: notes, lists, checksums, and the whole as one OCI artifact. */
export function closingDrafts(input: PlanInput, release: Release, drafts: readonly Draft[]): Draft[] {
  const all = [...drafts, notes(input, release.version), sbom(input.matrix, drafts)]
  all.push(lists(input.matrix, all))
  all.push(checksums(all))
  all.push(wholeRelease(input.matrix, all))
  return all.slice(drafts.length)
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

/** Of all that is downloaded or pulled; what only goes into something else is listed there. */
function sbom({product, release}: Matrix, drafts: readonly Draft[]): Draft {
  const {version, registry} = release as Release
  const name = `${product.id}-v${version}`
  return {
    id: 'sbom',
    component: product.id,
    title: 'Bills of materials (SPDX, CycloneDX)',
    recipe: {kind: 'sbom', product: product.id, version, registry, repositoryUrl: product.repository},
    needs: drafts.filter(d => d.oci || d.files.length > 0).map(d => d.id),
    files: [`${name}.spdx.json`, `${name}.cdx.json`, `${name}-sboms.tar.gz`],
    stage: stages.file,
  }
}

function lists(matrix: Matrix, drafts: readonly Draft[]): Draft {
  const release = matrix.release as Release
  return {
    id: 'lists',
    component: matrix.product.id,
    title: 'Lists of images and digests',
    recipe: {
      kind: 'lists',
      version: release.version,
      channel: release.channel,
      registry: release.registry,
      charts: release.charts,
    },
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
