import {type Diagnostic, DiagnosticError, fail} from '#lib/diagnostics.ts'
import type {Digest} from '../lib/digest.ts'
import type {Progress} from '../lib/effects.ts'
import {forEachLimited} from '../lib/limit.ts'
import type {Descriptor} from '../lib/oci/descriptor.ts'
import type {Repository, Target} from '../lib/oci/target.ts'
import {mayFollow} from '../publish/released.ts'
import type {Content, Group, Part} from './content.ts'

/** What is to be done about one artifact and all that hangs on it. */
export type MirrorAction = {
  id: string
  /** Full name at the destination. */
  repository: string
  digest: string
  /** Tags that are not set there yet. */
  tags: string[]
  /** Floating tags that would go there. */
  floating: string[]
  /** Manifests with all that hangs on them, and how many of them are not there. */
  manifests: number
  missing: number
  /** Bytes to send: each blob counts once, however many artifacts hold it. */
  bytes: number
}

/** An action with what carries it out. */
export type Task = MirrorAction & {group: Group; open: Part[]}

const groupsAtOnce = 4
const blobsAtOnce = 4

/**
 * What copying would do, found by looking only. Nothing of a destination is trusted but its word that it holds a manifest.
 * @throws DiagnosticError X003 with every version tag that stands for something else
 */
export async function planMirror(content: Content, from: Target, to: Target): Promise<Task[]> {
  const tasks = new Map<Group, Task>()
  const counted = new Set<Digest>()
  const refusals: Diagnostic[] = []
  await forEachLimited(content.groups, groupsAtOnce, async group => {
    const repository = to.repository(group.repository)
    const open = await openParts(repository, group)
    const tags: string[] = []
    for (const tag of group.tags) {
      const there = await repository.resolve(tag)
      if (!there) tags.push(tag)
      else if (there.digest !== group.root.digest) refusals.push(taken(repository, tag, there, group))
    }
    const moving = await openFloating(from.repository(group.repository), repository, group)
    let bytes = 0
    for (const blob of open.flatMap(part => part.blobs)) {
      if (counted.has(blob.digest) || (await repository.hasBlob(blob))) continue
      // Again, since others have looked meanwhile.
      if (!counted.has(blob.digest)) bytes += blob.size
      counted.add(blob.digest)
    }
    bytes += open.reduce((sum, part) => sum + part.bytes.length, 0)
    tasks.set(group, {
      id: group.id,
      repository: repository.name,
      digest: group.root.digest,
      tags,
      floating: moving,
      manifests: group.parts.length,
      missing: open.length,
      bytes,
      group,
      open,
    })
  })
  if (refusals.length > 0) throw new DiagnosticError(refusals)
  return content.groups.flatMap(group => tasks.get(group) ?? [])
}

/** Manifests that are not there; a referrer is there when its subject's list names it. */
async function openParts(repository: Repository, {parts}: Group): Promise<Part[]> {
  const lists = new Map<Digest, Set<Digest>>()
  const listed = async (subject: Digest, digest: Digest) => {
    const known = lists.get(subject) ?? new Set((await repository.referrers(subject)).map(r => r.digest))
    lists.set(subject, known)
    return known.has(digest)
  }
  const open: Part[] = []
  for (const part of parts) {
    const {descriptor, manifest} = part
    const there = await repository.resolve(descriptor.digest)
    const whole = there !== undefined && (await repository.holds(descriptor))
    const found = whole && (!manifest.subject || (await listed(manifest.subject.digest, descriptor.digest)))
    if (!found) open.push(part)
  }
  return open
}

/** A first look: when the tags are moved the destination is asked once more. */
async function openFloating(from: Repository, to: Repository, {root, floating}: Group): Promise<string[]> {
  const open: string[] = []
  for (const tag of floating) if (await shouldMove(from, to, root, tag)) open.push(tag)
  return open
}

async function shouldMove(from: Repository, to: Repository, root: Descriptor, tag: string): Promise<boolean> {
  const there = await to.resolve(tag)
  if (there?.digest === root.digest) return false
  return !there || mayFollow(from, to, root.digest, there.digest)
}

/**
 * Copies what a plan found missing: everything by digest first, what hangs on an artifact with it; then version tags,
 * images before what names them; floating tags last, and only forward. A run that was cut off is finished by the next.
 * @throws X004 a tag reads back as something else
 */
export async function copyContent(
  tasks: readonly Task[],
  from: Target,
  to: Target,
  progress: Progress,
): Promise<void> {
  const open = tasks.filter(t => t.open.length > 0)
  const task = progress.task(`Copying to ${to.name}`)
  try {
    await forEachLimited(open, groupsAtOnce, async ({group, open: parts, id}) => {
      task.update(id)
      const [source, repository] = [from.repository(group.repository), to.repository(group.repository)]
      for (const part of parts) await copyPart(source, repository, part)
    })
    for (const {group, tags} of tasks)
      for (const tag of tags) await setTag(to.repository(group.repository), group.root, tag, false)
    // Looked at again: since the plan somebody may have moved one forward, or an earlier group of this very run.
    for (const {group, floating} of tasks) {
      const [source, repository] = [from.repository(group.repository), to.repository(group.repository)]
      for (const tag of floating)
        if (await shouldMove(source, repository, group.root, tag))
          await setTag(repository, group.root, tag, true)
    }
  } catch (error) {
    task.failed('run the command again: it goes on where it stopped')
    throw error
  }
  task.done(`${open.length} of ${tasks.length} artifacts`)
}

async function copyPart(from: Repository, to: Repository, {descriptor, bytes, blobs}: Part): Promise<void> {
  const mountFrom = sameRegistry(from.name, to.name)
  await forEachLimited(blobs, blobsAtOnce, blob =>
    to.pushBlob({descriptor: blob, source: from.readBlob(blob), ...(mountFrom ? {mountFrom} : {})}),
  )
  await to.pushManifest({descriptor, bytes})
}

/** The source repository as the destination's own registry calls it; undefined when it is elsewhere. */
function sameRegistry(from: string, to: string): string | undefined {
  const [host = '', ...path] = from.split('/')
  return !from.startsWith('oci') && to.startsWith(`${host}/`) ? path.join('/') : undefined
}

async function setTag(to: Repository, root: Descriptor, tag: string, floating: boolean): Promise<void> {
  await to.tag(tag, root, {floating})
  const there = await to.resolve(tag)
  if (there?.digest === root.digest) return
  fail({
    code: 'X004',
    message: `${to.name}:${tag} was set to ${root.digest} but reads back as ${there?.digest ?? 'absent'}`,
    hint: 'somebody else is writing there: find out who, then run the command again',
  })
}

function taken(repository: Repository, tag: string, there: Descriptor, {root}: Group): Diagnostic {
  return {
    code: 'X003',
    severity: 'error',
    message: `${repository.name}:${tag} is ${there.digest}; the release that is to be copied has ${root.digest}`,
    expected: 'nothing there, or the same release',
    hint: 'compare both with `lockstep release verify --key`; copy to a place of its own if both must stay',
  }
}
