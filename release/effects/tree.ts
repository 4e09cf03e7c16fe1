import {hash} from 'node:crypto'
import {lstatSync, readdirSync, readFileSync, readlinkSync} from 'node:fs'
import {join} from 'node:path'
import {compareBytewise} from '../lib/bytes.ts'
import type {Exec} from '../lib/effects.ts'
import type {TreeFile} from '../plan/plan.ts'
import {explain} from './files.ts'

/** Never part of a source tree; without Git nothing else tells. */
const ignored = new Set(['.git', 'node_modules', 'dist'])

/** A checkout at one moment: what is built from it does not change when somebody edits a file meanwhile. */
export type Tree = {
  /** In bytewise order of their paths. */
  files: TreeFile[]
  /** What each file's digest is of: its content, or a link's target. */
  bytes: ReadonlyMap<string, Buffer>
}

/**
 * The checkout's files: those that Git tracks and those that it does not ignore, as they are on disk now.
 * Without Git (an unpacked source tarball) everything but `.git`, `node_modules` and `dist`.
 * @throws E001 to E004 a file can't be read
 */
export async function readTree(root: string, exec: Exec): Promise<Tree> {
  const paths = (await listedByGit(root, exec)) ?? walk(root, '')
  const files: TreeFile[] = []
  const bytes = new Map<string, Buffer>()
  // One after the other: for files of a few KiB that is faster than handing each to the thread pool.
  for (const path of paths.sort(compareBytewise)) {
    const mode = modeOf(join(root, path))
    if (!mode) continue
    const data = readBytes(root, path, mode)
    files.push({path, mode, digest: hash('sha256', data, 'hex')})
    bytes.set(path, data)
  }
  return {files, bytes}
}

function readBytes(root: string, path: string, mode: TreeFile['mode']): Buffer {
  const full = join(root, path)
  try {
    return mode === 'link' ? readlinkSync(full, 'buffer') : readFileSync(full)
  } catch (error) {
    explain(path, error)
  }
}

/** Undefined for what is no file: tracked but deleted, a submodule, a socket that somebody left. */
function modeOf(path: string): TreeFile['mode'] | undefined {
  const found = lstatSync(path, {throwIfNoEntry: false})
  if (found?.isSymbolicLink()) return 'link'
  if (!found?.isFile()) return undefined
  // The owner's bit alone: the others are the umask's business.
  return found.mode & 0o100 ? '0755' : '0644'
}

async function listedByGit(root: string, exec: Exec): Promise<string[] | undefined> {
  const command = ['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const listed = await exec.run(command, {cwd: root}).catch(() => undefined)
  if (listed?.code !== 0) return undefined
  // A file with merge conflicts is listed once per side.
  return [...new Set(listed.stdout.toString().split('\0'))].filter(Boolean)
}

function walk(root: string, below: string): string[] {
  return readdirSync(join(root, below), {withFileTypes: true}).flatMap(entry => {
    if (ignored.has(entry.name)) return []
    const path = below === '' ? entry.name : `${below}/${entry.name}`
    return entry.isDirectory() ? walk(root, path) : [path]
  })
}

/** The tree with generated files as they would be written; one keeps the mode of the file that it replaces. */
export function withGenerated(tree: Tree, generated: readonly {path: string; text: string}[]): Tree {
  const files = new Map(tree.files.map(file => [file.path, file]))
  const bytes = new Map(tree.bytes)
  for (const {path, text} of generated) {
    const before = files.get(path)
    const mode = before && before.mode !== 'link' ? before.mode : '0644'
    files.set(path, {path, mode, digest: hash('sha256', text, 'hex')})
    bytes.set(path, Buffer.from(text))
  }
  return {files: [...files.values()].sort((a, b) => compareBytewise(a.path, b.path)), bytes}
}
