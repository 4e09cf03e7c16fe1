import {join} from 'node:path'
import {compareBytewise} from '../lib/bytes.ts'
import {type Digest, digestOf, hexOf} from '../lib/digest.ts'
import type {Files} from '../lib/effects.ts'
import type {Descriptor} from '../lib/oci/descriptor.ts'
import {formatLayoutIndex, withTag} from '../lib/oci/layout-index.ts'
import type {ReleasePlan} from '../plan/plan.ts'
import type {Output, Store} from './store.ts'

/** A file of dist/: bytes of the store, or text that stands here. */
type DistFile = {digest: Digest} | {text: string | Buffer}

/** Where things lie below dist/. */
export const distPaths = {plan: 'plan.json', release: 'release', oci: 'oci'} as const

/**
 * What dist/ holds once a plan is built, by path: a pure function of what was built, so that a folder can be brought
 * to it from any state. `oci/<repository>` are OCI image layouts with all tags, `release/` the downloadable files.
 */
export function distFiles(plan: ReleasePlan, outputs: ReadonlyMap<string, Output>): Map<string, DistFile> {
  const dist = new Map<string, DistFile>()
  const indexes = new Map<string, Descriptor[]>()
  for (const artifact of plan.artifacts) {
    const output = outputs.get(artifact.id)
    if (!output) throw new Error(`${artifact.id} was not built`)
    for (const name of artifact.files) {
      const blob = output.files[name]
      if (!blob) throw new Error(`${artifact.id} did not make ${name}`)
      dist.set(`${distPaths.release}/${name}`, {digest: blob.digest})
    }
    if (!artifact.oci || !output.oci) continue
    const folder = `${distPaths.oci}/${artifact.oci.repository}`
    for (const {digest} of output.oci.content) dist.set(`${folder}/blobs/sha256/${hexOf(digest)}`, {digest})
    let entries = indexes.get(folder) ?? []
    for (const tag of [...artifact.oci.tags, ...artifact.oci.floating])
      entries = withTag(entries, tag, output.oci.root)
    indexes.set(folder, entries)
  }
  for (const [folder, entries] of indexes) {
    dist.set(`${folder}/oci-layout`, {text: '{"imageLayoutVersion":"1.0.0"}\n'})
    dist.set(`${folder}/index.json`, {text: formatLayoutIndex(entries)})
  }
  dist.set(distPaths.plan, {text: planText(plan)})
  return dist
}

/** The plan as it stands in dist/ and as `release plan -o json` prints it. */
export function planText(plan: ReleasePlan): string {
  return `${JSON.stringify(plan, undefined, 2)}\n`
}

export type Written = {written: string[]; removed: string[]}

/**
 * Makes `dir` what `distFiles` says: writes what is missing or differs, then removes what does not belong. An index
 * is written after what it refers to, the plan last of all; that of an earlier build goes first. So what an interrupted
 * run leaves has no plan, and nobody takes parts of two builds for one release.
 */
export async function writeDist(
  dir: string,
  dist: ReadonlyMap<string, DistFile>,
  store: Store,
  files: Files,
): Promise<Written> {
  const written: string[] = []
  const present = await filesBelow(files, dir)
  const kept = [...present].filter(([path]) => dist.has(path)).map(([path, size]) => ({path, size}))
  const digests = await files.hash(kept.map(({path, size}) => ({path: `${dir}/${path}`, size})))
  const found = new Map(kept.map(({path}, i) => [path, digests[i]]))
  const open = [...dist].filter(([path, content]) => found.get(path) !== digestOfFile(content))
  const plan = dist.get(distPaths.plan)
  if (open.length > 0 && plan) await files.remove(`${dir}/${distPaths.plan}`)
  const inOrder = open.sort(([a], [b]) => rank(a) - rank(b) || compareBytewise(a, b))
  for (const [path, content] of inOrder) {
    await place(content, `${dir}/${path}`, store, files)
    written.push(path)
  }
  // The same plan as before stands for other bytes now, some of which were damaged.
  if (open.length > 0 && plan && written.at(-1) !== distPaths.plan)
    await place(plan, `${dir}/${distPaths.plan}`, store, files)
  const removed = [...present.keys()].filter(path => !dist.has(path)).sort(compareBytewise)
  for (const path of removed) await files.remove(`${dir}/${path}`)
  return {written, removed}
}

function digestOfFile(content: DistFile): Digest {
  return 'digest' in content ? content.digest : digestOf(content.text)
}

async function place(content: DistFile, target: string, store: Store, files: Files): Promise<void> {
  if ('digest' in content) await store.link(content, target)
  else await files.write(target, Buffer.from(content.text))
}

function rank(path: string): number {
  return path === distPaths.plan ? 2 : path.endsWith('/index.json') ? 1 : 0
}

/** All files below a folder by their paths relative to it, with their sizes. */
async function filesBelow(files: Files, dir: string, prefix = '.'): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  for (const name of await files.list(join(dir, prefix))) {
    const path = join(prefix, name)
    const {kind, size = 0} = (await files.stat(`${dir}/${path}`)) ?? {}
    if (kind === 'dir') for (const [below, its] of await filesBelow(files, dir, path)) found.set(below, its)
    else found.set(path, size)
  }
  return found
}
