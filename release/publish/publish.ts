import {type Diagnostic, DiagnosticError} from '#lib/diagnostics.ts'
import type {Progress} from '../lib/effects.ts'
import {forEachLimited} from '../lib/limit.ts'
import {copyTree} from '../lib/oci/copy.ts'
import type {Descriptor} from '../lib/oci/descriptor.ts'
import type {Repository, Target} from '../lib/oci/target.ts'
import {leftOutClauses} from '../plan/unavailable.ts'
import {type Attachment, attest, type Signing} from './attest.ts'
import {mayFollow} from './released.ts'
import type {Staged, StagedArtifact} from './staged.ts'

/** What is to be done about one tag. */
export type TagAction = {
  repository: string
  tag: string
  digest: string
  floating: boolean
  /** `done`: it stands there already; `move`: a floating tag stands for less; `kept`: for something newer. */
  action: 'push' | 'done' | 'move' | 'kept'
  title: string
  stage: number
}

/** Tags in flight at once; a registry's own limit on requests is the client's matter. */
const artifactsAtOnce = 4

/**
 * What publishing would do, found by looking only.
 * @throws DiagnosticError P020 with every version tag that stands for something else
 */
export async function planPublish(staged: Staged, to: Target): Promise<TagAction[]> {
  const actions: TagAction[] = []
  const refusals: Diagnostic[] = []
  await forEachLimited(staged.artifacts, artifactsAtOnce, async item => {
    const {artifact, oci, root} = item
    const repository = to.repository(oci.repository)
    for (const [tag, floating] of tagsOf(oci)) {
      const there = await repository.resolve(tag)
      const common = {
        repository: repository.name,
        tag,
        digest: root.digest,
        floating,
        title: artifact.title,
        stage: artifact.stage,
      }
      if (!there) actions.push({...common, action: 'push'})
      else if (there.digest === root.digest)
        actions.push({...common, action: (await repository.holds(root)) ? 'done' : 'push'})
      else if (floating)
        actions.push({...common, action: (await mayMove(staged, to, item, there)) ? 'move' : 'kept'})
      else refusals.push(taken(repository.name, tag, there, root))
    }
  })
  if (refusals.length > 0) throw new DiagnosticError(refusals)
  const key = (a: TagAction) => `${a.floating ? 1 : 0}${a.stage} ${a.repository}:${a.tag}`
  return actions.sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

/**
 * Publishes a built release: stage by stage (images, chart, manifests, release files), each artifact by digest
 * before its version tag, every tag read back, floating tags last. Nothing that is there is sent again, so a run
 * that was cut off is finished by the next one.
 * @param signing hangs signatures, provenance and bills of materials on each artifact before its version tag is set;
 *   what is there already stays, also on what was published before without
 * @throws P020 a version tag stands for something else (before anything is sent), P021 the inputs were not the
 *   committed lock's, P022 a tag reads back as something else, P023 something was left out of the build
 */
export async function publish(
  staged: Staged,
  to: Target,
  progress: Progress,
  signing?: Signing,
): Promise<TagAction[]> {
  const actions = await publishVersion(staged, to, progress, signing)
  await publishFloating(staged, to)
  return actions
}

/** All of `publish` but the floating tags, for who wants to verify what is there before they move. */
export async function publishVersion(
  staged: Staged,
  to: Target,
  progress: Progress,
  signing?: Signing,
): Promise<TagAction[]> {
  const refused = unpublishable(staged)
  if (refused.length > 0) throw new DiagnosticError(refused)
  const actions = await planPublish(staged, to)
  const open = new Set(actions.filter(isOpen).map(a => `${a.repository}:${a.tag}`))
  const stages = [...new Set(staged.artifacts.map(a => a.artifact.stage))].sort((a, b) => a - b)
  const task = progress.task(`Publishing to ${to.name}`)
  try {
    for (const stage of stages) {
      const ofStage = staged.artifacts.filter(a => a.artifact.stage === stage)
      await forEachLimited(ofStage, artifactsAtOnce, async item => {
        const {name} = to.repository(item.oci.repository)
        const wanted = item.oci.tags.filter(tag => open.has(`${name}:${tag}`))
        if (wanted.length === 0 && !signing) return
        task.update(item.artifact.title)
        if (wanted.length > 0) await send(staged, to, item)
        if (signing) await attest(staged, item, to, signing, true)
        for (const tag of wanted) await setTag(to, item, tag, false)
      })
    }
    if (open.size > 0) await readBack(staged, to)
  } catch (error) {
    task.failed('run the command again: it goes on where it stopped')
    throw error
  }
  task.done(`${open.size} tags to set, ${actions.length - open.size} were there`)
  return actions
}

/**
 * Moves the floating tags to a release that is published, but never from something newer: releases of an older
 * branch, and late runs, leave them where they are.
 */
export async function publishFloating(staged: Staged, to: Target): Promise<void> {
  for (const item of staged.artifacts)
    for (const tag of item.oci.floating) {
      // Looked at again: since the plan another releaser may have moved it forward.
      const there = await to.repository(item.oci.repository).resolve(tag)
      if (there?.digest === item.root.digest) continue
      if (!there || (await mayMove(staged, to, item, there))) await setTag(to, item, tag, true)
    }
}

/** Whether a tag is still to be set. */
export function isOpen({action}: TagAction): boolean {
  return action === 'push' || action === 'move'
}

function mayMove(
  staged: Staged,
  to: Target,
  {oci, root}: StagedArtifact,
  there: Descriptor,
): Promise<boolean> {
  const {repository: name} = oci
  return mayFollow(staged.layout.repository(name), to.repository(name), root.digest, there.digest)
}

/** What would be hung on the artifacts, found by looking only. */
export async function planAttest(staged: Staged, to: Target, signing: Signing): Promise<Attachment[]> {
  const found: Attachment[] = []
  await forEachLimited(staged.artifacts, artifactsAtOnce, async item => {
    found.push(...(await attest(staged, item, to, signing, false)))
  })
  const key = (a: Attachment) => `${a.repository} ${a.digest} ${a.kind}`
  return found.sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

async function send(staged: Staged, to: Target, {oci, root}: StagedArtifact): Promise<void> {
  await copyTree(staged.layout.repository(oci.repository), root.digest, to.repository(oci.repository))
}

async function setTag(
  to: Target,
  {oci, root}: StagedArtifact,
  tag: string,
  floating: boolean,
): Promise<void> {
  const repository = to.repository(oci.repository)
  await repository.tag(tag, root, {floating})
  // Another releaser may have been faster between our look and our write.
  const there = await repository.resolve(tag)
  if (there?.digest !== root.digest) throw new DiagnosticError([changed(repository, tag, root, there)])
}

/**
 * Registries have no lock: of two releasers who differ, one may set a tag right after the other has read it back. So
 * all version tags are read once more at the end, when whoever was overtaken finds out.
 * @throws P022 with every tag that is not ours any more
 */
async function readBack(staged: Staged, to: Target): Promise<void> {
  const problems: Diagnostic[] = []
  await forEachLimited(staged.artifacts, artifactsAtOnce, async ({oci, root}) => {
    const repository = to.repository(oci.repository)
    for (const tag of oci.tags) {
      const there = await repository.resolve(tag)
      if (there?.digest !== root.digest) problems.push(changed(repository, tag, root, there))
    }
  })
  if (problems.length === 0) return
  throw new DiagnosticError(problems.sort((a, b) => (a.message < b.message ? -1 : 1)))
}

function changed(
  {name}: Repository,
  tag: string,
  root: Descriptor,
  there: Descriptor | undefined,
): Diagnostic {
  return {
    code: 'P022',
    severity: 'error',
    message: `${name}:${tag} was set to ${root.digest} but reads back as ${there?.digest ?? 'absent'}`,
    hint: 'somebody else is publishing: find out who, then run the command again',
  }
}

/** Why a build may never be published: P021 its lock was an overlay, P023 something was left out. */
export function unpublishable({plan}: Pick<Staged, 'plan'>): Diagnostic[] {
  const left = leftOutClauses(plan.leftOut).map(
    ({what, because}): Diagnostic => ({
      code: 'P023',
      severity: 'error',
      message: `this release lacks ${what}; ${because}`,
      expected: 'everything that the matrix lists',
      hint: 'run `./lockstep release build` again where npm can fetch what it needs',
    }),
  )
  if (plan.lock === 'committed') return left
  const overlay: Diagnostic = {
    code: 'P021',
    severity: 'error',
    message: 'this release was built from an overlay lock: some locked package has vanished from the mirror',
    expected: 'a build from the committed locks alone, which others can repeat',
    hint: 'run `./lockstep kernels update` and `node testbed/toolbox/update.ts`, commit the locks, and build again',
  }
  return [overlay, ...left]
}

function taken(repository: string, tag: string, there: Descriptor, root: Descriptor): Diagnostic {
  return {
    code: 'P020',
    severity: 'error',
    message: `${repository}:${tag} is published as ${there.digest}; this build has ${root.digest}`,
    expected: 'a version that was published once never changes',
    hint: 'raise release.version in the matrix, or build the commit that was released',
  }
}

/** Tags of an artifact in the order in which they are set. */
export function tagsOf(oci: {
  tags: readonly string[]
  floating: readonly string[]
}): [tag: string, floating: boolean][] {
  return [
    ...oci.tags.map((t): [string, boolean] => [t, false]),
    ...oci.floating.map((t): [string, boolean] => [t, true]),
  ]
}
