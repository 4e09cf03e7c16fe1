import {imageTagTemplate} from '#release/kernels/kmm.ts'
import type {ComponentVersion} from '#release/matrix/schema/components.ts'
import type {BuildRecipe, ComponentDescriptor} from '#release/plan/component.ts'
import {floatingTags} from '#release/plan/tags.ts'
import type {Changes, ReleasedArtifact} from '../changes.ts'
import {exactKernels} from '../compatibility/kernels.ts'
import type {Context} from '../context.ts'
import {bullets, code, fence, section, table} from '../markdown.ts'

/** What a version published: as written down for history, else as the components say. */
export function artifacts(context: Context, version: ComponentVersion, changes: Changes): string {
  const isCurrent = version === context.current
  const list = changes.artifacts.length > 0 || !isCurrent ? changes.artifacts : fromComponents(context)
  const of = (...kinds: ReleasedArtifact['kind'][]) => list.filter(a => kinds.includes(a.kind))
  return section(
    2,
    'Release artifacts',
    section(
      3,
      `Container images (${context.release.registry})`,
      table(
        ['Image', 'Tags', 'Platforms', 'Notes'],
        of('image').map(a => [
          code(a.name),
          a.tags.map(code).join(', '),
          a.platforms.join(', '),
          a.note ?? '',
        ]),
      ),
      isCurrent && exactKernels(context),
    ),
    section(3, 'Helm chart (OCI)', ...of('chart').map(a => chart(context, a, isCurrent))),
    section(3, 'Binaries', files(of('binary')) || 'None.'),
    section(3, 'Source tarballs and checksums', files(of('source'))),
  )
}

function chart({release}: Context, artifact: ReleasedArtifact, canBePulled: boolean): string {
  const version = artifact.tags[0] ?? release.version
  const name = `oci://${release.registry}/${release.charts}/${artifact.name}`
  return canBePulled
    ? fence(`helm pull ${name} --version ${version}`)
    : `${code(name)}, ${version}. ${artifact.note ?? ''}`
}

function files(list: readonly ReleasedArtifact[]): string {
  return bullets(list.map(a => code(a.name) + (a.note ? ` - ${a.note}` : '')))
}

function fromComponents(context: Context): ReleasedArtifact[] {
  const built = context.components.filter(c => context.release.components.includes(c.id))
  return [...built.flatMap(c => c.builds.flatMap(build => artifactsOf(build, c, context))), ...lists]
}

function artifactsOf(
  build: BuildRecipe,
  {summary}: ComponentDescriptor,
  {release, matrix}: Context,
): ReleasedArtifact | ReleasedArtifact[] {
  const {version, channel} = release
  switch (build.kind) {
    case 'kernel-module':
      return {
        name: build.image,
        kind: 'image',
        tags: [imageTagTemplate(version), 'latest-<line>'],
        platforms: release.architectures.map(arch => `linux/${arch}`),
        note: 'One for each kernel.',
      }
    case 'manifests':
      return {
        name: build.image,
        kind: 'image',
        tags: [`v${version}`, ...floatingTags(version, channel)],
        platforms: [],
        note: summary,
      }
    case 'node-image':
      return {
        name: build.image,
        kind: 'image',
        tags: [`v${version}`, ...floatingTags(version, channel)],
        platforms: release.architectures.map(arch => `linux/${arch}`),
        note: summary,
      }
    case 'chart':
      return {name: build.chart, kind: 'chart', tags: [version], platforms: []}
    case 'node-executable':
      return release.architectures.map(arch => ({
        name: `${build.name}-linux-${arch}`,
        kind: 'binary',
        tags: [],
        platforms: [`linux/${arch}`],
        note: summary,
      }))
    case 'source':
      return {
        name: `${matrix.product.id}-v${version}-${build.name}.tar.gz`,
        kind: 'source',
        tags: [],
        platforms: [],
        note: summary,
      }
  }
}

/** Made from the same list as the files themselves, so nothing is left out. */
const lists: ReleasedArtifact[] = [
  {
    name: 'images.txt',
    kind: 'source',
    tags: [],
    platforms: [],
    note: 'Every image with its digest, for mirrors.',
  },
  {
    name: 'digests.json',
    kind: 'source',
    tags: [],
    platforms: [],
    note: 'The digest of everything that was published.',
  },
  {
    name: '*.spdx.json, *.cdx.json',
    kind: 'source',
    tags: [],
    platforms: [],
    note: 'Bills of materials of the release (SPDX 2.3, CycloneDX 1.6); of each artifact in `*-sboms.tar.gz`.',
  },
  {
    name: 'SHA256SUMS',
    kind: 'source',
    tags: [],
    platforms: [],
    note: 'Checksums of all files; `sha256sum -c SHA256SUMS`.',
  },
]
