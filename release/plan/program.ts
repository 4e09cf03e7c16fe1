/** What programs of Node's are planned from, whether they become one file or an image. */
import {fail} from '#lib/diagnostics.ts'
import {filesBelow} from './files-below.ts'
import type {PlanInput} from './input.ts'
import type {NpmPackage, TreeFile} from './plan.ts'

/** The package that holds Node for an architecture; npm has other words for those. */
export function nodePackage(arch: 'amd64' | 'arm64'): string {
  return `node-linux-${arch === 'amd64' ? 'x64' : arch}`
}

/**
 * All that may be bundled; words for people and tests do not go into a program.
 * @throws P003 nothing lies at a source's path
 */
export function programSources(
  tree: readonly TreeFile[],
  paths: readonly string[],
  component: string,
): TreeFile[] {
  return filesBelow(tree, paths, component).filter(
    ({path}) => /\.(?:ts|json|gyp|[ch])$/.test(path) && !path.endsWith('.test.ts'),
  )
}

/** Finds packages by name. @throws P004 package-lock.json does not lock one */
export function lockedIn(npm: PlanInput['npm'], component: string): (name: string) => NpmPackage {
  return name =>
    npm.get(name) ??
    fail({
      code: 'P004',
      message: `${component}: package-lock.json does not lock ${name}`,
      expected: 'an entry with version and integrity',
      hint: 'add it to package.json, then `npm run lock`',
    })
}

/** The text of the project's own licence. @throws P003 there is none */
export function licenseFile(tree: readonly TreeFile[], component: string): TreeFile {
  const [file] = filesBelow(tree, ['LICENSE'], component)
  if (!file) throw new Error('LICENSE was found and is not there')
  return file
}
