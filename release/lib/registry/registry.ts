import {compareBytewise} from '../bytes.ts'
import {type Digest, verify} from '../digest.ts'
import {type Limit, serial} from '../limit.ts'
import {absent} from '../oci/copy.ts'
import type {Blob, Descriptor} from '../oci/descriptor.ts'
import {isRecord, parseManifest, referrerDescriptor} from '../oci/manifest.ts'
import {checkRepositoryName} from '../oci/repository-name.ts'
import {checkTag, refuseMove} from '../oci/tags.ts'
import type {Repository, Target} from '../oci/target.ts'
import {downloadSource} from './download.ts'
import {refusedWith, unexpected} from './errors.ts'
import {dismiss, type HttpOptions, type RegistryHttp, registryHttp} from './http.ts'
import {
  eachPage,
  getManifest,
  headManifest,
  pullScopes,
  putManifest,
  type StoredManifest,
} from './manifests.ts'
import {addToFallback, listReferrers} from './referrers.ts'
import {uploadBlob} from './upload.ts'

export type RegistryOptions = HttpOptions & {
  /** What stands before every repository's name; '' for none. */
  prefix: string
}

/** A registry by the distribution-spec 1.1. */
export function registryTarget(options: RegistryOptions): Target {
  const http = registryHttp(options)
  const shared: Shared = {http, holders: new Map(), turns: new Map()}
  const open = new Map<string, Repository>()
  const inPrefix = (name: string) => [options.prefix, name].filter(Boolean).join('/')
  return {
    name: inPrefix('') ? `${options.host}/${inPrefix('')}` : options.host,
    repository: name => {
      const full = checkRepositoryName(inPrefix(name))
      const repository = open.get(full) ?? registryRepository(shared, full)
      open.set(full, repository)
      return repository
    },
  }
}

/** What repositories of one registry know together. */
type Shared = {
  http: RegistryHttp
  /** Repositories in which a blob was seen, so that it can be mounted into others. */
  holders: Map<Digest, Set<string>>
  /** One push of a blob at a time: the second finds it there, or mounts it. */
  turns: Map<string, Limit>
}

function registryRepository(shared: Shared, repository: string): Repository {
  const {http, holders} = shared
  const name = `${http.host}/${repository}`
  const target = {http, repository, name}
  const pushed = new Map<Digest, Blob>()
  const seen = new Map<Digest, StoredManifest>()

  const inTurn = <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const turn = shared.turns.get(key) ?? serial()
    shared.turns.set(key, turn)
    return turn(work)
  }
  const remember = (digest: Digest) => {
    holders.set(digest, (holders.get(digest) ?? new Set()).add(repository))
  }

  const hasBlob = async (blob: Descriptor): Promise<boolean> => {
    if (holders.get(blob.digest)?.has(repository)) return true
    const url = `/v2/${repository}/blobs/${blob.digest}`
    const there = await http.send({method: 'HEAD', url, scopes: pullScopes(target)}, async response => {
      await dismiss(response)
      if (response.status === 200 || response.status === 404) return response.status === 200
      return unexpected(response, `looking for ${name}@${blob.digest}`)
    })
    if (there) remember(blob.digest)
    return there
  }

  const pushBlob = async (blob: Blob) => {
    const {digest} = blob.descriptor
    pushed.set(digest, blob)
    if (await hasBlob(blob.descriptor)) return 'present'
    const [from = blob.mountFrom] = holders.get(digest) ?? []
    const how = await uploadBlob(target, blob, from)
    remember(digest)
    return how
  }

  /** Sends once more what a registry has taken and then denied. */
  const sendAgain = (wanted: readonly Descriptor[]) => async () => {
    for (const {digest} of wanted) {
      const blob = pushed.get(digest)
      if (blob) await uploadBlob(target, blob)
    }
  }

  const readManifest = async (reference: string) => {
    const found = await getManifest(target, reference)
    if (found) seen.set(found.descriptor.digest, found)
    return found
  }

  const put = async (reference: string, stored: StoredManifest) => {
    const {bytes, descriptor} = stored
    const manifest = parseManifest(bytes, descriptor.mediaType, `the manifest ${descriptor.digest}`)
    const answer = await putManifest(target, reference, stored, sendAgain(manifest.blobs))
    seen.set(descriptor.digest, stored)
    return {...answer, manifest}
  }

  return {
    name,
    hasBlob,
    pushBlob: blob => inTurn(blob.descriptor.digest, () => pushBlob(blob)),
    readBlob: blob => downloadSource(target, blob),
    resolve: reference => headManifest(target, reference),
    // A registry takes a manifest only after what it names.
    holds: async () => true,
    readManifest,
    pushManifest: async ({descriptor, bytes}) => {
      verify(bytes, descriptor, `the manifest ${descriptor.digest}`)
      const stored = {descriptor, bytes: Buffer.from(bytes)}
      const manifest = parseManifest(bytes, descriptor.mediaType, `the manifest ${descriptor.digest}`)
      const there = (await headManifest(target, descriptor.digest)) !== undefined
      seen.set(descriptor.digest, stored)
      if (there && !manifest.subject) return 'present'
      // A referrer that is there may still be missing from the fallback tag: only sending it tells.
      const {keepsReferrers} = await put(descriptor.digest, stored)
      const {subject} = manifest
      if (subject && !keepsReferrers)
        await inTurn(`referrers of ${repository}@${subject.digest}`, () =>
          addToFallback(target, subject.digest, referrerDescriptor(descriptor, manifest)),
        )
      return there ? 'present' : 'pushed'
    },
    tags: async () => {
      const tags: string[] = []
      const {status} = await eachPage(target, `/v2/${repository}/tags/list`, body => {
        if (isRecord(body) && Array.isArray(body.tags))
          tags.push(...body.tags.filter(t => typeof t === 'string'))
      })
      if (status !== 200 && status !== 404) refusedWith(status, [], `listing the tags of ${name}`)
      return [...new Set(tags)].sort(compareBytewise)
    },
    tag: async (tag, descriptor, {floating = false} = {}) => {
      const old = await headManifest(target, checkTag(tag))
      if (old?.digest === descriptor.digest) return 'present'
      if (old && !floating) refuseMove(name, tag, old.digest, descriptor.digest)
      const stored = seen.get(descriptor.digest) ?? (await readManifest(descriptor.digest))
      await put(tag, stored ?? absent(target, descriptor.digest))
      return old ? 'moved' : 'set'
    },
    referrers: subject => listReferrers(target, subject),
  }
}
