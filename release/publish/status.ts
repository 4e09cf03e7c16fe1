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

/** What of a built release is where: looks only, and shows also what publishing would refuse. */
export async function releaseStatus(staged: Staged, to: Target): Promise<TagStatus[]> {
  const found: TagStatus[] = []
  await forEachLimited(staged.artifacts, 4, async ({artifact, oci, root}) => {
    const repository = to.repository(oci.repository)
    for (const [tag, floating] of tagsOf(oci)) {
      const there = await repository.resolve(tag)
      const state = !there ? 'absent' : there.digest === root.digest ? 'published' : 'other'
      found.push({
        repository: repository.name,
        tag,
        floating,
        title: artifact.title,
        state,
        digest: root.digest,
        ...(there && state === 'other' ? {found: there.digest} : {}),
      })
    }
  })
  const key = (s: TagStatus) => `${s.floating ? 1 : 0} ${s.repository}:${s.tag}`
  return found.sort((a, b) => (key(a) < key(b) ? -1 : 1))
}
