import {join} from 'node:path'
import {type Diagnostic, DiagnosticError} from '#lib/diagnostics.ts'
import {type Digest, hexOf} from '../digest.ts'
import type {Files} from '../effects.ts'
import type {Descriptor} from './descriptor.ts'
import {type Manifest, parseManifest} from './manifest.ts'
import type {Repository} from './target.ts'

export type Verified = {
  /** Digests of all manifests, indexes and blobs that were looked at and are right. */
  good: Set<Digest>
  /** Blobs that are being read: who needs one too waits for it. */
  reading: Map<Digest, Promise<unknown>>
  /** Bytes read. */
  bytes: number
  problems: Diagnostic[]
}

/** The state to begin with. @param good digests that were checked elsewhere */
export function nothingVerified(good: Iterable<Digest> = []): Verified {
  return {good: new Set(good), reading: new Map(), bytes: 0, problems: []}
}

/** A state for what goes on at the same time: it knows what the other one knows, and tells on its own. */
export function also({good, reading}: Verified): Verified {
  return {good, reading, bytes: 0, problems: []}
}

/**
 * Checks a manifest or index and everything below it, bottom-up: each blob's and manifest's bytes against
 * size and digest, and every descriptor's target there. Collects problems, throws none of its own.
 * @param state pass the same one for several references: nothing is read twice
 */
export async function verifyTree(
  repository: Repository,
  reference: string,
  state: Verified = nothingVerified(),
): Promise<Verified> {
  const found = await attempt(state, () => repository.readManifest(reference))
  if (found === failed) return state
  if (!found) {
    report(state, `${repository.name} has no ${reference}`)
    return state
  }
  const {descriptor, bytes} = found
  if (state.good.has(descriptor.digest)) return state
  const name = `${repository.name}@${descriptor.digest}`
  const manifest = await attempt(state, async () => parseManifest(bytes, descriptor.mediaType, name))
  if (manifest === failed) return state
  const before = state.problems.length
  await verifyBelow(repository, manifest, name, state)
  if (state.problems.length === before) state.good.add(descriptor.digest)
  state.bytes += bytes.length
  return state
}

async function verifyBelow(repository: Repository, manifest: Manifest, name: string, state: Verified) {
  for (const below of manifest.manifests) {
    await verifyTree(repository, below.digest, state)
    const found = await attempt(state, () => repository.resolve(below.digest))
    if (found !== failed && found && found.size !== below.size)
      report(state, `${name} says that ${below.digest} has ${below.size} bytes, it has ${found.size}`)
  }
  for (const blob of manifest.blobs) {
    await state.reading.get(blob.digest)
    if (state.good.has(blob.digest)) {
      // Read elsewhere: another repository may still lack it, or in a folder hold a damaged copy.
      const there = await attempt(state, () => repository.hasBlob(blob))
      if (there === false) report(state, `${repository.name} lacks ${blob.digest}, or has other bytes`)
      continue
    }
    const reading = attempt(state, () => readThrough(repository, blob))
    state.reading.set(blob.digest, reading)
    const size = await reading
    if (size === failed) continue
    state.good.add(blob.digest)
    state.bytes += size
  }
}

/** Reads a blob to its end, where its source compares it with the digest. @returns its size */
export async function readThrough(repository: Repository, blob: Descriptor): Promise<number> {
  let size = 0
  for await (const part of repository.readBlob(blob).open()) size += part.length
  return size
}

/** Files of a layout that nothing in `good` accounts for: left-overs, not errors. Paths are relative. */
export async function foreignFiles(
  files: Files,
  layout: string,
  good: ReadonlySet<Digest>,
): Promise<string[]> {
  const expected = new Set([...good].map(hexOf))
  const top = (await files.list(layout)).filter(n => !['blobs', 'index.json', 'oci-layout'].includes(n))
  const algorithms = (await files.list(join(layout, 'blobs')))
    .filter(n => n !== 'sha256')
    .map(n => `blobs/${n}`)
  const blobs = (await files.list(join(layout, 'blobs', 'sha256'))).filter(n => !expected.has(n))
  return [...top, ...algorithms, ...blobs.map(n => `blobs/sha256/${n}`)]
}

const failed = Symbol('failed')

async function attempt<T>(state: Verified, work: () => Promise<T>): Promise<T | typeof failed> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    state.problems.push(...error.diagnostics)
    return failed
  }
}

function report(state: Verified, message: string): void {
  state.problems.push({code: 'O005', severity: 'error', message, hint: 'publish it again'})
}
