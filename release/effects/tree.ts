import {hash} from 'node:crypto'
import {lstatSync, readdirSync, readFileSync, readlinkSync} from 'node:fs'
import {join} from 'node:path'
import {compareBytewise} from '../lib/bytes.ts'
import type {Exec} from '../lib/effects.ts'
import type {TreeFile} from '../plan/plan.ts'
import {explain} from './files.ts'

/** Never part of a source tree; without Git nothing else tells. */
const ignored = new Set(['.git', 'node_modules', 'dist'])

/**
 * The checkout's files, in bytewise order: those that Git tracks and those that it does not ignore, as they
 * are on disk now. Without Git (an unpacked source tarball) everything but `.git`, `node_modules` and `dist`.
 * @throws E001 to E004 a file can't be read
 */
export async function readTree(root: string, exec: Exec): Promise<TreeFile[]> {
  const paths = (await listedByGit(root, exec)) ?? walk(root, '')
  return paths
    .sort(compareBytewise)
    .map(path => treeFile(root, path))
    .filter(file => file !== undefined)
}

/** The bytes that a tree file's digest is of: a file's content, or a link's target. */
export function treeBytes(root: string, {path, mode}: Pick<TreeFile, 'path' | 'mode'>): Buffer {
  const full = join(root, path)
  try {
    return mode === 'link' ? readlinkSync(full, 'buffer') : readFileSync(full)
  } catch (error) {
    explain(path, error)
  }
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

// Read one after the other: for files of a few KiB that is faster than handing each to the thread pool.
function treeFile(root: string, path: string): TreeFile | undefined {
  const found = lstatSync(join(root, path), {throwIfNoEntry: false})
  // Tracked but deleted, or a submodule, or a socket that somebody left.
  if (!found?.isFile() && !found?.isSymbolicLink()) return undefined
  // The owner's bit alone: the others are the umask's business.
  const mode = found.isSymbolicLink() ? 'link' : found.mode & 0o100 ? '0755' : '0644'
  return {path, mode, digest: hash('sha256', treeBytes(root, {path, mode}), 'hex')}
}

/** A tree as it would be with generated files written; a generated file keeps the mode of the one it replaces. */
export function withGenerated(
  tree: readonly TreeFile[],
  generated: readonly {path: string; text: string}[],
): TreeFile[] {
  const files = new Map(tree.map(file => [file.path, file]))
  for (const {path, text} of generated) {
    const before = files.get(path)
    const mode = before && before.mode !== 'link' ? before.mode : '0644'
    files.set(path, {path, mode, digest: hash('sha256', text, 'hex')})
  }
  return [...files.values()].sort((a, b) => compareBytewise(a.path, b.path))
}
