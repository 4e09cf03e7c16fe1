/** Which module images exist, as far as one can know without or with a registry. */
import type {Diagnostic} from '#lib/diagnostics.ts'
import type {Addendum} from './addendum.ts'
import {imageTag} from './kmm.ts'
import type {Lock} from './lock-schema.ts'

/** Whether an image is there; undefined when that is not known. */
export type ImageExists = (image: string) => boolean | undefined

/** The tags that a release has by its lock, and those that came since by its addenda. */
export function releasedTags(version: string, lock: Lock, addenda: readonly Addendum[]): Set<string> {
  const locked = Object.values(lock.lines).flatMap(kernels => kernels.map(k => imageTag(version, k.kernel)))
  const added = addenda.filter(a => a.release === version).flatMap(a => a.images.map(image => image.tag))
  return new Set([...locked, ...added])
}

/**
 * What a whole listing of one repository's tags tells. About other repositories it tells nothing.
 * `tags` come from {@link releasedTags}, a registry's tag list or a layout's index.
 */
export function imagesOf(repository: string, tags: Iterable<string>): ImageExists {
  const known = new Set(tags)
  return image => {
    const prefix = `${repository}:`
    return image.startsWith(prefix) ? known.has(image.slice(prefix.length)) : undefined
  }
}

/** The lock's word covers one version's tags only: of others in the same repository it knows nothing. */
export function imagesOfRelease(repository: string, version: string, tags: Iterable<string>): ImageExists {
  const exists = imagesOf(repository, tags)
  return image => (image.startsWith(`${repository}:v${version}-`) ? exists(image) : undefined)
}

/** The kernels of a lock that have no image yet, by line: what `kernels release` builds. */
export function kernelsWithoutImage(
  version: string,
  lock: Lock,
  tags: ReadonlySet<string>,
): {line: string; kernel: string; tag: string}[] {
  return Object.entries(lock.lines).flatMap(([line, kernels]) =>
    kernels
      .map(({kernel}) => ({line, kernel, tag: imageTag(version, kernel)}))
      .filter(({tag}) => !tags.has(tag)),
  )
}

/** Images of addenda as some place has them: the digest under each tag. */
export type AddedImages = ReadonlyMap<string, string>

/** K041 for every image that a place has in another form than an addendum says. */
export function otherImages(addenda: readonly Addendum[], found: AddedImages, place: string): Diagnostic[] {
  return addenda
    .flatMap(a => a.images)
    .flatMap(({tag, digest}): Diagnostic[] => {
      const there = found.get(tag)
      if (there === undefined || there === digest) return []
      return [
        {
          code: 'K041',
          severity: 'error',
          message: `${place} has ${tag} as ${there}`,
          expected: `${digest}, as an addendum of the release says`,
          hint: 'use the sources, the lock of the toolbox root and the keys that the addendum was made with',
        },
      ]
    })
}

/** K042 for every image of an addendum that a place neither has nor will get by building what the lock names. */
export function absentImages(
  addenda: readonly Addendum[],
  tags: ReadonlySet<string>,
  place: string,
): Diagnostic[] {
  const absent = addenda.flatMap(({release, images}) =>
    images.filter(({tag}) => !tags.has(tag)).map(({tag, kernel}) => ({release, tag, kernel})),
  )
  return absent.map(
    ({release, tag, kernel}): Diagnostic => ({
      code: 'K042',
      severity: 'error',
      message: `an addendum of ${release} names ${tag}, which ${place} lacks; ${kernel} has left the lock`,
      hint: `copy the release with its addenda from where they were published: \`lockstep mirror ${release} --from REGISTRY --to ${place} --yes\``,
    }),
  )
}
