import semver from 'semver'
import {type Diagnostic, DiagnosticError} from '#lib/diagnostics.ts'
import {type Digest, parseDigest} from '../lib/digest.ts'
import {parseManifest} from '../lib/oci/manifest.ts'
import type {Target} from '../lib/oci/target.ts'
import {isYanked, type Released, releasedAt} from './released.ts'
import {problem, type Verification} from './verify.ts'

/** A version's tag: it stands for one digest, for ever. */
export async function verifyTag(
  target: Target,
  name: string,
  tag: string,
  digest: string,
  result: Verification,
): Promise<void> {
  const repository = target.repository(name)
  await collecting(result, async () => {
    const there = await repository.resolve(tag)
    if (there?.digest === digest) result.tags.push(`${repository.name}:${tag}`)
    else
      result.problems.push(
        problem(
          'P034',
          `${repository.name}:${tag} is ${there?.digest ?? 'absent'}; the release says ${digest}`,
        ),
      )
  })
}

/**
 * A tag that follows the newest: it stands for this release, or went on to a newer one or to a newer kernel of the
 * same line; from a release that was yanked it may have gone anywhere. Everything else is told: absent, left behind, or
 * something that is no release.
 */
export async function verifyFloating(
  target: Target,
  name: string,
  tag: string,
  digest: string,
  result: Verification,
): Promise<void> {
  const repository = target.repository(name)
  const full = `${repository.name}:${tag}`
  await collecting(result, async () => {
    const there = await repository.resolve(tag)
    if (there?.digest === digest) result.tags.push(full)
    else if (await isYanked(repository, parseDigest(digest))) result.moved.push(full)
    else if (!there) result.problems.push(stray(`${full} is absent; the release says ${digest}`))
    else {
      const [ours, theirs] = await Promise.all([digest, there.digest].map(d => releasedAt(repository, d)))
      if (ours && theirs && follows(theirs, ours)) result.moved.push(full)
      else
        result.problems.push(
          stray(
            `${full} is ${there.digest} of ${theirs?.version ?? 'no version'}; the release says ${digest}`,
          ),
        )
    }
  })
}

/** The release's own artifact can't stand in digests.json, which it holds: it has to hold the very files. */
export async function verifyOwn(
  target: Target,
  {repository: name, tag}: {repository: string; tag: string},
  files: ReadonlyMap<string, Digest>,
  result: Verification,
): Promise<Digest | undefined> {
  const repository = target.repository(name)
  const full = `${repository.name}:${tag}`
  return collecting(result, async () => {
    const found = await repository.readManifest(tag)
    if (!found) {
      result.problems.push(problem('P034', `${full} is absent`))
      return undefined
    }
    const {layers} = parseManifest(found.bytes, found.descriptor.mediaType, full)
    const held = new Map(layers.map(l => [l.annotations?.['org.opencontainers.image.title'], l.digest]))
    const wrong = [...files].filter(([file, digest]) => held.get(file) !== digest)
    const extra = [...held.keys()].filter(file => file === undefined || !files.has(file))
    for (const [file, digest] of wrong)
      result.problems.push(
        problem(
          'P038',
          `${full} holds ${held.get(file) ?? 'nothing'} as ${file}; the release file is ${digest}`,
        ),
      )
    for (const file of extra)
      result.problems.push(
        problem('P038', `${full} holds ${file ?? 'a layer without a name'}, which is no release file`),
      )
    if (wrong.length + extra.length === 0) result.tags.push(full)
    return found.descriptor.digest
  })
}

function follows(theirs: Released, ours: Released): boolean {
  if (semver.gt(theirs.version, ours.version)) return true
  return theirs.version === ours.version && ours.line !== undefined && theirs.line === ours.line
}

function stray(message: string): Diagnostic {
  return {
    ...problem('P037', message),
    hint: 'publish the newest release again: floating tags are set last, so a run that was cut off leaves them behind',
  }
}

async function collecting<T>(result: Verification, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    result.problems.push(...error.diagnostics)
    return undefined
  }
}
