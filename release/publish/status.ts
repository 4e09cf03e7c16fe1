import type {Digest} from '../lib/digest.ts'
import {forEachLimited} from '../lib/limit.ts'
import type {Target} from '../lib/oci/target.ts'
import {tagsOf} from './publish.ts'
import type {Staged} from './staged.ts'

/** Where one tag of a release stands. */
export type TagStatus = {
  repository: string
  tag: string
  floating: boolean
  title: string
  state: 'published' | 'other' | 'absent'
  digest: string
  /** What stands there instead. */
  found?: string
}

/** An artifact of a release with the tags that are to stand for it. */
export type Listed = {
  repository: string
  digest: Digest
  tags: readonly string[]
  floating: readonly string[]
  title: string
}

/** What of a built release is where: looks only, and shows also what publishing would refuse. */
export function releaseStatus(staged: Staged, to: Target): Promise<TagStatus[]> {
  return tagsStatus(listedIn(staged), to)
}

export function listedIn({artifacts}: Staged): Listed[] {
  return artifacts.map(({artifact: {title}, oci, root}) => ({...oci, title, digest: root.digest}))
}

export async function tagsStatus(listed: readonly Listed[], to: Target): Promise<TagStatus[]> {
  const found: TagStatus[] = []
  await forEachLimited(listed, 4, async ({digest, title, ...oci}) => {
    const repository = to.repository(oci.repository)
    for (const [tag, floating] of tagsOf(oci)) {
      const there = await repository.resolve(tag)
      const state = !there ? 'absent' : there.digest === digest ? 'published' : 'other'
      found.push({
        repository: repository.name,
        tag,
        floating,
        title,
        state,
        digest,
        ...(there && state === 'other' ? {found: there.digest} : {}),
      })
    }
  })
  const key = (s: TagStatus) => `${s.floating ? 1 : 0} ${s.repository}:${s.tag}`
  return found.sort((a, b) => (key(a) < key(b) ? -1 : 1))
}
