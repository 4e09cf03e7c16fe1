import type {ComponentDescriptor, NodeImageRecipe} from './component.ts'
import {type Draft, type PlanInput, type Release, stages} from './input.ts'
import {baseDraft, locked as lockedDebian} from './kernel-module.ts'
import {licenseFile, lockedIn, nodePackage, programSources} from './program.ts'
import {floatingTags} from './tags.ts'

/**
 * An image for all architectures and its layers, of which only the program's own is not shared with other images.
 * @throws P003 nothing lies at a source's path, P004 package-lock.json does not lock a package
 */
export function nodeImageDrafts(
  build: NodeImageRecipe,
  component: ComponentDescriptor,
  input: PlanInput,
  {version, channel, architectures}: Release,
): Draft[] {
  const locked = lockedIn(input.npm, component.id)
  const layer = {component: component.id, needs: [], files: [], stage: stages.image}
  const application: Draft = {
    ...layer,
    id: `application:${build.image}`,
    title: `${build.image}.cjs`,
    recipe: {
      kind: 'application-layer',
      name: build.image,
      version,
      entry: `${component.path}/${build.entry}`,
      sources: programSources(input.tree, build.sources, component.id),
      copyright: licenseFile(input.tree, component.id),
      packages: build.packages.map(locked),
      bundler: locked('@esbuild/linux-x64'),
    },
  }
  const shared = architectures.flatMap((arch): Draft[] => [
    {
      ...layer,
      id: `libraries:${arch}`,
      title: `C and C++ libraries for ${arch}`,
      recipe: {kind: 'debian-layer', arch, packages: [...lockedDebian(input.runtime)[arch]]},
    },
    {
      ...layer,
      id: `node:${arch}`,
      title: `Node layer for ${arch}`,
      recipe: {kind: 'node-layer', arch, node: locked(nodePackage(arch))},
    },
    ...(build.shell ? [baseDraft(arch, component.id, input)] : []),
  ])
  const image: Draft = {
    ...layer,
    id: `image:${build.image}`,
    title: `${component.title} ${version}`,
    recipe: {
      kind: 'node-image',
      name: build.image,
      version,
      license: component.license,
      flags: build.flags,
      ...(build.value === undefined ? {} : {value: build.value}),
    },
    needs: [...shared, application].map(draft => draft.id),
    oci: {repository: build.image, tags: [`v${version}`], floating: floatingTags(version, channel)},
  }
  return [...shared, application, image]
}
