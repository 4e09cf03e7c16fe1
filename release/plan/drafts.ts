import type {BuildRecipe, ComponentDescriptor} from './component.ts'
import {executableDraft} from './executable.ts'
import {filesBelow} from './files-below.ts'
import {type Draft, type PlanInput, type Release, stages} from './input.ts'
import {moduleDrafts} from './kernel-module.ts'
import {nodeImageDrafts} from './node-image.ts'
import {floatingTags} from './tags.ts'

/** What one way of building of a component yields. */
export function draftsOf(
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
    case 'node-image':
      return nodeImageDrafts(build, component, input, release)
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
