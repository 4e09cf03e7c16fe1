import {type Digest, digestOf, hexOf} from '../lib/digest.ts'
import type {Files} from '../lib/effects.ts'
import type {Source} from '../lib/oci/descriptor.ts'
import {collect, useOutputs} from './collect.ts'
import {type Blob, blobsOf, type Output, readOutput} from './output.ts'

export type {Blob, Output} from './output.ts'

/** Milliseconds. */
const halfAnHour = 30 * 60 * 1000

/**
 * A content-addressed store below the cache: blobs by their digest, outputs by the digest of what made them.
 * Nothing in it is trusted: a record that can't be read or a blob with other bytes counts as absent.
 */
export class Store {
  readonly #files: Files
  readonly #folder: string
  readonly #whole = new Set<Digest>()

  constructor(files: Files, folder: string) {
    this.#files = files
    this.#folder = folder
  }

  #blobPath(digest: Digest): string {
    return `${this.#folder}/blobs/sha256/${hexOf(digest)}`
  }

  #recordPath(key: string): string {
    return `${this.#folder}/outputs/${key}.json`
  }

  async put(data: Uint8Array): Promise<Blob> {
    const found: Blob = {digest: digestOf(data), size: data.length}
    if (!(await this.keeps(found))) await this.#files.write(this.#blobPath(found.digest), data)
    return found
  }

  /**
   * Whether the blob is there, whole, and stays: one that is no longer young may be about to be cleared away, and
   * nothing tells yet that it is used again.
   */
  async keeps(blob: Blob): Promise<boolean> {
    const there = await this.#files.stat(this.#blobPath(blob.digest))
    const isYoung = there?.size === blob.size && Date.now() - there.modified <= halfAnHour
    return isYoung && (await this.#isWhole(blob))
  }

  async has({digest, size}: Blob): Promise<boolean> {
    const found = await this.#files.stat(this.#blobPath(digest))
    return found?.kind === 'file' && found.size === size
  }

  /** Undefined when the blob is absent or damaged (and is then removed). */
  async get({digest}: Pick<Blob, 'digest'>): Promise<Buffer | undefined> {
    const path = this.#blobPath(digest)
    if (!(await this.#files.stat(path))) return undefined
    const data = await this.#files.read(path)
    if (digestOf(data) === digest) return data
    await this.#files.remove(path)
    return undefined
  }

  /** The blob's bytes, read when somebody asks for them. */
  source(blob: Blob): Source {
    const get = (digest: Digest) => this.get({digest})
    return {
      size: blob.size,
      async *open(start = 0) {
        const data = await get(blob.digest)
        if (!data) throw new Error(`${blob.digest} has left the store`)
        yield data.subarray(start)
      },
    }
  }

  /** Gives the blob another name where the file system can, so that large ones lie on the disk once. */
  async link({digest}: Pick<Blob, 'digest'>, target: string): Promise<void> {
    await this.#files.link(this.#blobPath(digest), target)
  }

  /** What was made before for the same inputs, if all of it is still there. */
  async recall(key: string): Promise<Output | undefined> {
    const made = await this.#record(key)
    for (const blob of blobsOf(made)) if (!(await this.#isWhole(blob))) return undefined
    return made
  }

  async #record(key: string): Promise<Output | undefined> {
    const path = this.#recordPath(key)
    if (!(await this.#files.stat(path))) return undefined
    return readOutput(await this.#files.read(path))
  }

  /**
   * Says that a build uses these outputs and hashes what is there of them in one go, which takes all cores: `recall`
   * does not read them again.
   */
  async begin(keys: readonly string[]): Promise<void> {
    await useOutputs(this.#files, this.#folder, keys)
    await this.examine(keys)
  }

  /** Clears away what builds no longer use. */
  async collect(): Promise<void> {
    await collect(this.#files, this.#folder)
  }

  /** Hashes the blobs of many outputs in one go, which takes all cores: `recall` does not read them again. */
  async examine(keys: readonly string[]): Promise<void> {
    const blobs = new Map<Digest, {path: string; size: number}>()
    for (const key of keys)
      for (const {digest, size} of blobsOf(await this.#record(key)))
        if (!this.#whole.has(digest) && (await this.has({digest, size})))
          blobs.set(digest, {path: this.#blobPath(digest), size})
    const found = await this.#files.hash([...blobs.values()])
    for (const [i, digest] of [...blobs.keys()].entries()) if (found[i] === digest) this.#whole.add(digest)
  }

  // Each blob is read once in a process: layers are shared by many outputs.
  async #isWhole(blob: Blob): Promise<boolean> {
    if (this.#whole.has(blob.digest)) return true
    const data = await this.get(blob)
    if (data?.length !== blob.size) return false
    this.#whole.add(blob.digest)
    return true
  }

  async remember(key: string, made: Output): Promise<void> {
    await this.#files.write(this.#recordPath(key), Buffer.from(`${JSON.stringify(made, undefined, 1)}\n`))
  }

  /** Removes what writers that were killed have left. */
  async sweep(): Promise<void> {
    for (const folder of ['.', 'blobs/sha256', 'outputs', 'builds'])
      await this.#files.sweep(`${this.#folder}/${folder}`)
  }

  async forget(key: string): Promise<void> {
    await this.#files.remove(this.#recordPath(key))
  }
}
