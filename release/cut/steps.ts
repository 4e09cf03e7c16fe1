import {DiagnosticError, fail} from '#lib/diagnostics.ts'
import type {Files, Git, GitHub, Progress} from '../lib/effects.ts'
import type {Target} from '../lib/oci/target.ts'
import {floatingTags} from '../plan/tags.ts'
import type {Signing} from '../publish/attest.ts'
import {planAttest, planPublish, publishFloating, publishVersion, type TagAction} from '../publish/publish.ts'
import type {Staged} from '../publish/staged.ts'
import {filesOfFolder, verifyRelease} from '../publish/verify.ts'
import {githubDraft, githubPublish} from './github-release.ts'
import {type Call, isOpenCall, type Step} from './step.ts'

/** What is released. */
export type Cut = {
  staged: Staged
  /** The commit that it was built from. */
  commit: string
  /** Of the GitHub release, Markdown. */
  notes: string
  /** Versions that were withdrawn: "latest" does not count them. */
  yanked: ReadonlySet<string>
  signing?: Signing | undefined
}
/** Where it is released to. */
export type CutWorld = {
  git: Git
  /** Left out, the release lives in the registry alone. */
  github: GitHub | undefined
  to: Target
  files: Files
  progress: Progress
}

/**
 * A release in the order in which consumers may see it: the tag's push is the lock, then images, chart, manifests and
 * release files by version, then everything is read back, and only then do floating tags and GitHub follow.
 */
export function cutSteps(cut: Cut, world: CutWorld): Step[] {
  const {github} = world
  const draft = github ? [githubDraft(cut, world, github)] : []
  const last = github ? [githubPublish(cut, github)] : []
  const after = [...draft, floating(cut, world), ...last]
  return [gitTag(cut, world.git), versions(cut, world), verification(cut, world, after), ...after]
}

/** @throws L010, L011 the tag stands for another commit, L012 another releaser was faster */
function gitTag({staged, commit}: Cut, git: Git): Step {
  const {product, version} = staged.plan
  const tag = `v${version}`
  const look = async () => {
    const [here, there] = [await git.tagHere(tag), await git.tagThere(tag)]
    if (there && there !== commit) elsewhere('L010', `${tag} at ${git.remote}`, there, commit)
    if (here && here !== commit) elsewhere('L011', `the tag ${tag} of this checkout`, here, commit)
    return {here, there}
  }
  return {
    title: 'Git tag, the lock',
    look: async () => {
      const {here, there} = await look()
      const call = (text: string, done: unknown): Call => ({
        place: 'git',
        call: text,
        state: done ? 'done' : 'open',
      })
      return [
        call(`git tag --annotate ${tag} ${commit}`, here ?? there),
        call(`git push ${git.remote} refs/tags/${tag}`, there),
      ]
    },
    act: async () => {
      const {here, there} = await look()
      if (there) return
      if (!here) await git.tag(tag, `${product} ${version}`)
      if ((await git.pushTag(tag)) === 'pushed') return
      // Ours would stand in the way of the winner's when this checkout fetches.
      if (!here) await git.untag(tag)
      lostRace(tag, git.remote)
    },
  }
}

function elsewhere(code: string, what: string, found: string, commit: string): never {
  fail({
    code,
    message: `${what} stands for ${found}, not for ${commit}`,
    expected: 'a version is one commit, for ever',
    hint: 'check out that commit to finish its release, or prepare the next version',
  })
}

function lostRace(tag: string, remote: string): never {
  fail({
    code: 'L012',
    message: `another releaser pushed ${tag} to ${remote} a moment ago`,
    expected: 'one releaser at a time',
    hint: 'let them finish; afterwards `lockstep release cut` tells what is left to do',
  })
}

function versions({staged, signing}: Cut, {to, progress}: CutWorld): Step {
  return {
    title: 'Images, chart, manifests and release files, by version',
    look: async () => {
      const tags = (await planPublish(staged, to)).filter(a => !a.floating).map(tagCall)
      const attachments = signing ? await planAttest(staged, to, signing) : []
      const attached = attachments.map(
        ({repository, digest, kind, action}): Call => ({
          place: 'registry',
          call: `PUT ${kind} of ${repository}@${digest}`,
          state: action === 'push' ? 'open' : 'done',
        }),
      )
      return [...tags, ...attached]
    },
    act: async () => {
      await publishVersion(staged, to, progress, signing)
    },
  }
}

/** Reads everything back, but only for the sake of a step that is still to come. */
function verification({staged}: Cut, {to, files, progress}: CutWorld, after: readonly Step[]): Step {
  const {product, version, channel} = staged.plan
  return {
    title: 'Verification',
    look: async () => {
      const looks = await Promise.allSettled(after.map(step => step.look()))
      // What a step refuses, it tells by itself.
      const open = looks.some(found => found.status === 'rejected' || found.value.some(isOpenCall))
      const state = open ? 'open' : 'done'
      return [{place: 'registry', call: `read back all of ${version} from ${to.name}`, state}]
    },
    act: async () => {
      const task = progress.task('Verifying what was published')
      const {problems} = await verifyRelease({
        target: to,
        files: filesOfFolder(`${staged.dir}/release`, files),
        plan: staged.plan,
        own: {repository: product, tag: `v${version}`, floating: floatingTags(version, channel)},
        floating: false,
      })
      if (problems.length === 0) return task.done()
      task.failed()
      throw new DiagnosticError(problems)
    },
  }
}

function floating({staged}: Cut, {to}: CutWorld): Step {
  return {
    title: 'Floating tags',
    look: async () => (await planPublish(staged, to)).filter(a => a.floating).map(tagCall),
    act: () => publishFloating(staged, to),
  }
}

function tagCall({repository, tag, digest, action}: TagAction): Call {
  const state = action === 'done' || action === 'kept' ? action : 'open'
  return {place: 'registry', call: `PUT ${repository}:${tag} ${digest}`, state}
}
