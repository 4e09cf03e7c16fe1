import {hash} from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {realExec} from '../effects/exec.ts'
import {realFiles} from '../effects/files.ts'
import {silentProgress} from '../effects/progress.ts'
import {cacheDir} from '../effects/toolbox/cache.ts'
import {readTree} from '../effects/tree.ts'
import {cli, type World} from './cli.ts'
import type {Context} from './command.ts'
import {commands} from './table.ts'

/** A world for tests: what a command writes is kept. */
export function testWorld(argv: readonly string[], more: Partial<World> = {}) {
  const written = {out: '', err: ''}
  const into = (name: 'out' | 'err') => ({
    write: (text: string) => {
      written[name] += text
    },
  })
  const world: World = {
    argv,
    cwd: process.cwd(),
    env: {},
    stdin: async function* () {},
    stdout: into('out'),
    stderr: into('err'),
    signal: new AbortController().signal,
    ...more,
  }
  return {world, written}
}

/** Runs a command line in this process, from the given folder. */
export async function lockstep(cwd: string, ...argv: string[]) {
  const {world, written} = testWorld([...argv, '--quiet'], {cwd})
  return {code: await cli(world, commands), ...written}
}

/** What a command may use, in this checkout; it says nothing to anybody. */
export function quietContext(env: Context['env'] = {}): Context {
  return {
    cwd: process.cwd(),
    env,
    format: 'text',
    color: false,
    input: async () => '',
    out: () => {},
    err: () => {},
    progress: silentProgress,
    signal: new AbortController().signal,
    files: realFiles(),
    exec: realExec,
  }
}

/** A copy of this checkout to try things on, without Git and without packages. */
export async function copyOfCheckout(): Promise<{root: string; remove: () => void}> {
  const root = mkdtempSync(join(tmpdir(), 'checkout-'))
  const {files} = await readTree('.', realExec)
  for (const {path} of files) cpSync(path, join(root, path), {verbatimSymlinks: true})
  return {root, remove: () => rmSync(root, {recursive: true, force: true})}
}

/**
 * A cache of its own that shares what is costly to fetch (packages, toolbox) with the real one: what is built from
 * them is built anew.
 */
export function freshCache(): {cache: string; remove: () => void} {
  const cache = mkdtempSync(join(tmpdir(), 'cache-'))
  for (const shared of ['debs', 'toolbox', 'indices', 'locks', 'kernels', 'npm']) {
    mkdirSync(join(cacheDir(), shared), {recursive: true})
    symlinkSync(join(cacheDir(), shared), join(cache, shared))
  }
  return {cache, remove: () => rmSync(cache, {recursive: true, force: true})}
}

/** Every file below a folder with the digest of its bytes, sorted by path. */
export function filesIn(dir: string): [path: string, sha256: string][] {
  if (!existsSync(dir)) return []
  return readdirSync(dir, {recursive: true, withFileTypes: true})
    .filter(e => e.isFile())
    .map(e => join(e.parentPath, e.name))
    .sort()
    .map(path => [path.slice(dir.length + 1), hash('sha256', readFileSync(path))])
}
