import semver from 'semver'
import {fail} from '#lib/diagnostics.ts'
import {parseYaml} from '#lib/yaml.ts'
import {toYaml} from '#lib/yaml-out.ts'
import type {GitHub, GitHubRelease} from '../lib/effects.ts'
import {pushPacked} from '../lib/oci/copy.ts'
import {blobOf, type Descriptor} from '../lib/oci/descriptor.ts'
import {packArtifact} from '../lib/oci/manifest.ts'
import type {Repository, Target} from '../lib/oci/target.ts'
import {edited, scalarEdit, valueAt} from '../matrix/edit.ts'
import {channelOf, floatingTags, lineTag} from '../plan/tags.ts'
import {ensureSigned} from '../publish/attest.ts'
import {isNewer, isYanked, type Released, releasedAt, yankType} from '../publish/released.ts'
import type {Listed} from '../publish/status.ts'
import {withdrawalOf} from '../publish/withdrawn.ts'
import type {Signer} from '../trust/signer.ts'
import {findRelease} from './github-release.ts'
import type {Call, Step} from './step.ts'

/** A release that is withdrawn. */
export type Yank = {
  version: string
  reason: string
  listed: readonly Listed[]
  /** Signs each mark; without it, a mark is a claim that anybody who may push could make. */
  signer?: Signer | undefined
}

/**
 * Withdraws a published release: every artifact is marked by a referrer, floating tags go back to what came before,
 * GitHub says so. Nothing is deleted: who has pinned it keeps it, and sees that it was withdrawn.
 */
export function yankSteps(yank: Yank, to: Target, github: GitHub | undefined): Step[] {
  return [marks(yank, to), floating(yank, to), ...(github ? [githubMark(yank, github)] : [])]
}

function marks({version, reason, listed, signer}: Yank, to: Target): Step {
  const layer = blobOf(`${JSON.stringify({apiVersion: 'lockstep/yank/v1', version, reason})}\n`, yankType)
  const isMarked = async (repository: Repository, {digest}: Descriptor) =>
    signer
      ? (await withdrawalOf(repository, digest, version, signer.own))?.signed === true
      : isYanked(repository, digest)
  const open = async () => {
    const found: {repository: Repository; root: Descriptor; done: boolean}[] = []
    for (const {repository: name, digest, floating: tags} of listed) {
      const repository = to.repository(name)
      const digests = new Set<string>([digest])
      // An image for a later kernel stands in no list of the release, but a floating tag leads to it.
      for (const tag of tags) {
        const there = await repository.resolve(tag)
        if (there && (await releasedAt(repository, there.digest))?.version === version)
          digests.add(there.digest)
      }
      for (const each of digests) {
        const root = await repository.resolve(each)
        if (root) found.push({repository, root, done: await isMarked(repository, root)})
      }
    }
    return found
  }
  return {
    title: 'Withdrawal, on every artifact',
    look: async () =>
      (await open()).map(({repository, root, done}) => ({
        place: 'registry',
        call: `PUT ${signer ? 'signed ' : ''}${yankType} on ${repository.name}@${root.digest}`,
        state: done ? 'done' : 'open',
      })),
    act: async () => {
      for (const {repository, root, done} of await open()) {
        if (done) continue
        const annotations = {'dev.lockstep.withdrawn': reason}
        const mark = packArtifact({artifactType: yankType, layers: [layer], subject: root, annotations})
        await pushPacked(repository, mark)
        if (signer) await ensureSigned(repository, mark.descriptor, signer)
      }
    },
  }
}

type Return = {repository: Repository; tag: string; root: Descriptor | undefined; version: string | undefined}

function floating(yank: Yank, to: Target): Step {
  return {
    title: 'Floating tags, back to what came before',
    look: async () =>
      (await returns(yank, to)).map(
        ({repository, tag, root, version}): Call => ({
          place: 'registry',
          call: root
            ? `PUT ${repository.name}:${tag} ${root.digest} (${version})`
            : `${repository.name}:${tag} stays: nothing came before`,
          state: root ? 'open' : 'kept',
        }),
      ),
    act: async () => {
      for (const {repository, tag, root} of await returns(yank, to))
        if (root) await repository.tag(tag, root, {floating: true})
    },
  }
}

/** Where each floating tag goes that stands for the withdrawn version. */
async function returns({version, listed}: Yank, to: Target): Promise<Return[]> {
  const found: Return[] = []
  for (const {repository: name, floating: tags} of listed) {
    const repository = to.repository(name)
    let others: {root: Descriptor; released: Released}[] | undefined
    for (const tag of tags) {
      const there = await repository.resolve(tag)
      if (!there || (await releasedAt(repository, there.digest))?.version !== version) continue
      if (found.some(f => f.repository === repository && f.tag === tag)) continue
      others ??= await otherReleases(repository, version)
      const fitting = others.filter(({released}) => tagsFor(released).includes(tag))
      const best = fitting.reduce<(typeof fitting)[number] | undefined>(
        (a, b) => (a && !isNewer(b.released, a.released) ? a : b),
        undefined,
      )
      found.push({repository, tag, root: best?.root, version: best?.released.version})
    }
  }
  return found
}

/** What else a repository holds that was released and not withdrawn. */
async function otherReleases(
  repository: Repository,
  version: string,
): Promise<{root: Descriptor; released: Released}[]> {
  const found: {root: Descriptor; released: Released}[] = []
  for (const tag of await repository.tags()) {
    if (!/^v?\d+\.\d+\.\d+/.test(tag)) continue
    const root = await repository.resolve(tag)
    const released = root && (await releasedAt(repository, root.digest))
    if (!released || released.version === version || (await isYanked(repository, root.digest))) continue
    found.push({root, released})
  }
  return found
}

/** The floating tags that may stand for a release. */
function tagsFor({version, line}: Released): string[] {
  const channel = channelOf(version)
  return line === undefined ? floatingTags(version, channel) : [lineTag(line, channel)]
}

const mark = ' (withdrawn)'

function githubMark({version, reason}: Yank, github: GitHub): Step {
  const tag = `v${version}`
  const open = async () => {
    const release = await findRelease(github, tag)
    return release && !release.name.endsWith(mark) ? release : undefined
  }
  return {
    title: 'GitHub release',
    look: async () => {
      const state = (await open()) ? 'open' : 'done'
      return [{place: 'github', call: `PATCH ${github.name} ${tag} name="${tag}${mark}"`, state}]
    },
    act: async () => {
      const release = await open()
      if (!release) return
      // The name is the sign that all is done, so it comes last.
      const latest = newestOf(await github.releases(), version)
      if (latest) await github.updateRelease(latest.id, {latest: true})
      const body = `> **Withdrawn**: ${reason}\n\n${release.body}`
      await github.updateRelease(release.id, {name: `${tag}${mark}`, body})
    },
  }
}

function newestOf(all: readonly GitHubRelease[], version: string): GitHubRelease | undefined {
  return all
    .filter(r => !r.draft && !r.prerelease && !r.name.endsWith(mark))
    .filter(r => semver.valid(r.tag) && semver.valid(r.tag) !== version)
    .sort((a, b) => semver.rcompare(a.tag, b.tag))[0]
}

/**
 * The matrix with the version's row marked as withdrawn, everything else as it was written.
 * @throws L032 the row can't be found as lines of its own
 */
export function yankMatrix(
  text: string,
  file: string,
  {component, version}: {component: string; version: string},
  reason: string,
): string {
  const source = parseYaml(text, file)
  const list = ['components', component, 'versions']
  const rows = valueAt(source.value, list)
  const index = (Array.isArray(rows) ? rows : []).findIndex(
    (_, i) => valueAt(source.value, [...list, i, 'version']) === version,
  )
  const row = [...list, index]
  const line = index < 0 ? 0 : source.locate([...row, 'version']).line
  const indent = /^( *)- version: ['"]?[^\s'",]+['"]?[ \t]*(?:#.*)?$/.exec(
    text.split('\n')[line - 1] ?? '',
  )?.[1]
  if (indent === undefined)
    fail({
      code: 'L032',
      message: `${file} has no line \`- version: ${version}\` in components.${component}.versions`,
      hint: 'write `state: yanked` and `withdrawn: …` into its row by hand, then run the command again',
    })
  const hasState = valueAt(source.value, [...row, 'state']) !== undefined
  const state = hasState ? scalarEdit(source, [...row, 'state'], 'yanked') : undefined
  const words = toYaml({
    ...(hasState ? {} : {state: 'yanked'}),
    withdrawn: reason.replace(/\s+/g, ' '),
  })
  const lines = edited(text, [state]).split('\n')
  lines.splice(
    line,
    0,
    ...words
      .trimEnd()
      .split('\n')
      .map(word => `${indent}  ${word}`),
  )
  return lines.join('\n')
}
