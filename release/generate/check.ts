import {join} from 'node:path'
import {createTwoFilesPatch} from 'diff'
import {type Diagnostic, DiagnosticError} from '#lib/diagnostics.ts'
import type {Files} from '#release/lib/effects.ts'
import type {GeneratedFile} from './file.ts'
import {isGenerated} from './mark.ts'

/** How the checkout differs from what would be generated now. */
export type Drift = {
  path: string
  /** `stale`: says in its first line that it is generated, but nothing generates it any more. */
  kind: 'missing' | 'differs' | 'stale'
  /** What the file should hold; undefined for a stale one. */
  text: string | undefined
  /** What it holds; undefined for a missing one. */
  found: string | undefined
}

/** The checkout's files, as far as generated ones are concerned: path from the root with `/` → text. */
export type CurrentTree = ReadonlyMap<string, string>

/** Folders in which generated files lie, searched to the bottom for stale ones. */
const roots = [
  '.github',
  'charts',
  'deploy',
  'docs',
  'kernel-driver/include/generated',
  'lib/generated',
  'matrix/schema',
] as const

/**
 * What `generate` would change, by path in bytewise order.
 * @throws DiagnosticError G010 for each file that a person wrote where a generated one is to go
 */
export function findDrift(generated: readonly GeneratedFile[], tree: CurrentTree): Drift[] {
  const claimed = generated.filter(({path}) => !isGenerated(tree.get(path) ?? '') && tree.has(path))
  if (claimed.length > 0) throw new DiagnosticError(claimed.map(({path}) => handWritten(path)))
  const wanted = new Map(generated.map(f => [f.path, f.text]))
  const drift = generated.flatMap(({path, text}): Drift[] => {
    const found = tree.get(path)
    if (found === text) return []
    return [{path, kind: found === undefined ? 'missing' : 'differs', text, found}]
  })
  const stale = [...tree]
    .filter(([path, found]) => !wanted.has(path) && isGenerated(found))
    .map(([path, found]): Drift => ({path, kind: 'stale', text: undefined, found}))
  return [...drift, ...stale].sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)))
}

function handWritten(path: string): Diagnostic {
  return {
    code: 'G010',
    severity: 'error',
    message: `${path} is to be generated, but the file there does not say so in its first line`,
    place: {file: path, line: 1, col: 1},
    hint: 'move what you wrote to another name; if it was generated and only its first line is gone, remove the file',
  }
}

/** A drift as a unified diff from what is there to what should be; `/dev/null` stands for no file. */
export function driftDiff({path, text, found}: Drift): string {
  const from = found === undefined ? '/dev/null' : `a/${path}`
  const to = text === undefined ? '/dev/null' : `b/${path}`
  const patch = createTwoFilesPatch(from, to, found ?? '', text ?? '', undefined, undefined, {context: 3})
  return patch.replace(/^=+\n/, '')
}

/** Reads what {@link findDrift} compares: the files at the generated paths, and generated ones that were left behind. */
export async function readTree(
  files: Files,
  root: string,
  generated: readonly GeneratedFile[],
): Promise<CurrentTree> {
  const here = await Promise.all(roots.map(folder => filesBelow(files, root, folder)))
  const paths = new Set([...generated.map(f => f.path), ...here.flat()])
  const texts = await Promise.all(
    [...paths].map(async path => [path, await textOf(files, root, path)] as const),
  )
  return new Map(texts.filter((entry): entry is [string, string] => entry[1] !== undefined))
}

async function filesBelow(files: Files, root: string, folder: string): Promise<string[]> {
  const names = await files.list(join(root, folder))
  const nested = await Promise.all(
    names.map(async name => {
      const path = `${folder}/${name}`
      const kind = (await files.stat(join(root, path)))?.kind
      if (kind === 'dir') return filesBelow(files, root, path)
      return kind === 'file' ? [path] : []
    }),
  )
  return nested.flat()
}

async function textOf(files: Files, root: string, path: string): Promise<string | undefined> {
  const at = join(root, path)
  return (await files.stat(at))?.kind === 'file' ? (await files.read(at)).toString() : undefined
}

/** Brings the checkout to what is generated: writes what differs, then removes what is stale; nothing else is touched. */
export async function applyDrift(files: Files, root: string, drift: readonly Drift[]): Promise<void> {
  for (const {path, text} of drift) {
    if (text === undefined) continue
    const at = join(root, path)
    await files.mkdir(join(at, '..'))
    await files.write(at, Buffer.from(text))
  }
  for (const {path, text} of drift) if (text === undefined) await files.remove(join(root, path))
}
