import semver from 'semver'
import {type Diagnostic, DiagnosticError, fail} from '#lib/diagnostics.ts'
import {type Digest, digestOf} from '../lib/digest.ts'
import type {GitHub, GitHubAsset, GitHubRelease, NewRelease} from '../lib/effects.ts'
import {parseSums} from '../lib/sums.ts'
import {
  fileSignatures,
  provenanceBundle,
  readFileSignatures,
  type SignatureSet,
  sumsBundle,
} from '../publish/file-signatures.ts'
import {bundleBytes} from '../trust/bundle.ts'
import type {Call, Step} from './step.ts'
import type {Cut, CutWorld} from './steps.ts'

/** A file that is to be downloadable. */
type Wanted = {
  name: string
  /** Undefined for a signature: it differs each time, so any that is there counts. */
  digest: Digest | undefined
  bytes(): Promise<Uint8Array>
}

/** The release of a tag: the published one, else the draft that came first. */
export async function findRelease(github: GitHub, tag: string): Promise<GitHubRelease | undefined> {
  return (await releasesOf(github, tag))[0]
}

async function releasesOf(github: GitHub, tag: string): Promise<GitHubRelease[]> {
  const found = (await github.releases()).filter(r => r.tag === tag)
  return found.sort((a, b) => Number(a.draft) - Number(b.draft) || a.id - b.id)
}

/**
 * The draft with every release file; published releases can't be changed, so that nothing may be missing then.
 * @throws L020 a published release, L021 a draft holds other files than this build
 */
export function githubDraft(cut: Cut, world: CutWorld, github: GitHub): Step {
  const {version, channel} = cut.staged.plan
  const tag = `v${version}`
  const fresh: NewRelease = {
    tag,
    commit: cut.commit,
    name: tag,
    // GitHub takes no more: https://docs.github.com/rest/releases/releases#create-a-release
    body: cut.notes.slice(0, 125_000),
    prerelease: channel !== 'stable',
  }
  const call = (text: string, done: boolean): Call => ({
    place: 'github',
    call: text,
    state: done ? 'done' : 'open',
  })
  // Signatures that were made later can't be added to what is published; they hang on the registry's artifact.
  const wantedOf = async (release: GitHubRelease | undefined) =>
    (await wantedFiles(cut, world)).filter(w => release?.draft !== false || w.digest)
  return {
    title: 'GitHub draft with every file',
    look: async () => {
      const release = await findRelease(github, tag)
      const assets = release ? await github.assets(release.id) : []
      const wanted = await wantedOf(release)
      if (release) refuseOthers(release, assets, wanted)
      return [
        call(`POST /repos/${github.name}/releases tag_name=${tag} draft=true`, release !== undefined),
        ...wanted.map(({name}) => call(`POST ${github.name} ${tag} asset ${name}`, isThere(assets, name))),
      ]
    },
    act: async () => {
      const release = (await findRelease(github, tag)) ?? (await createOne(github, fresh))
      const assets = await github.assets(release.id)
      const wanted = await wantedOf(release)
      refuseOthers(release, assets, wanted)
      const task = world.progress.task('Uploading to GitHub')
      for (const file of wanted) {
        if (isThere(assets, file.name)) continue
        task.update(file.name)
        await upload(github, release, file, assets)
      }
      task.done()
    },
  }
}

/** GitHub takes several drafts of one tag: the first stays, and whoever made a later one takes it back. */
async function createOne(github: GitHub, fresh: NewRelease): Promise<GitHubRelease> {
  const made = await github.createRelease(fresh)
  const first = await findRelease(github, fresh.tag)
  if (!first || first.id === made.id) return made
  await github.deleteRelease(made.id)
  return first
}

async function upload(
  github: GitHub,
  release: GitHubRelease,
  file: Wanted,
  assets: readonly GitHubAsset[],
): Promise<void> {
  const broken = assets.find(a => a.name === file.name)
  if (broken) await github.deleteAsset(broken.id)
  if ((await github.upload(release.id, file.name, await file.bytes())) === 'uploaded') return
  // Somebody was faster, or an earlier try of ours got through after all.
  const now = await github.assets(release.id)
  refuseOthers(release, now, [file], false)
  if (!isThere(now, file.name))
    fail(
      {
        code: 'E050',
        message: `${file.name} is half uploaded to ${github.name}`,
        hint: 'run the command again: it takes the broken one away',
      },
      3,
    )
}

/** Release files, as SHA256SUMS lists them, and the signatures that hang on the published release. */
async function wantedFiles(cut: Cut, {to, files}: CutWorld): Promise<Wanted[]> {
  const {staged, signing} = cut
  const path = (name: string) => `${staged.dir}/release/${name}`
  const list = await files.read(path('SHA256SUMS'))
  const sums: [string, Digest][] = [...parseSums(list.toString()), ['SHA256SUMS', digestOf(list)]]
  const signatures = (await signaturesOn(cut, to)) ?? new Map()
  const names = signing ? [sumsBundle, provenanceBundle] : [...signatures.keys()]
  return [
    ...sums.map(([name, digest]) => ({
      name,
      digest,
      bytes: () => checked(files.read(path(name)), name, digest),
    })),
    ...names.map(name => ({
      name,
      digest: undefined,
      bytes: async () => bundleBytes(signatures.get(name) ?? unsigned(name)),
    })),
  ].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Those of the releaser; who signs nothing hands on what hangs there first. */
async function signaturesOn({staged, signing}: Cut, to: CutWorld['to']): Promise<SignatureSet | undefined> {
  const release = staged.artifacts.find(a => a.artifact.recipe.kind === 'release')
  if (!release) return undefined
  const repository = to.repository(release.oci.repository)
  if (signing) return (await fileSignatures(staged, release, repository, signing)).there
  return (await readFileSignatures(repository, release.root.digest)).sets[0]
}

async function checked(read: Promise<Buffer>, name: string, digest: Digest): Promise<Buffer> {
  const bytes = await read
  if (digestOf(bytes) === digest) return bytes
  fail({
    code: 'P030',
    message: `${name} is not what SHA256SUMS says`,
    hint: 'run `./lockstep release build` again',
  })
}

function unsigned(name: string): never {
  throw new Error(`${name} is uploaded before it was made`)
}

function isThere(assets: readonly GitHubAsset[], name: string): boolean {
  return assets.some(a => a.name === name && a.state === 'uploaded')
}

function refuseOthers(
  release: GitHubRelease,
  assets: readonly GitHubAsset[],
  wanted: readonly Wanted[],
  whole = true,
): void {
  const code = release.draft ? 'L021' : 'L020'
  const where = `the ${release.draft ? 'draft' : 'published release'} ${release.url}`
  const problems: Diagnostic[] = []
  const tell = (message: string) =>
    problems.push({
      code,
      severity: 'error',
      message: `${where} ${message}`,
      hint: release.draft
        ? 'find out who made it; delete the draft at GitHub if it is not wanted'
        : 'what was published can’t be changed: build the commit that was released, or raise the version',
    })
  for (const {name, digest} of wanted) {
    const found = assets.find(a => a.name === name)
    if (!found && !release.draft && digest) tell(`lacks ${name}`)
    if (found?.state === 'uploaded' && digest && found.digest && found.digest !== digest)
      tell(`has ${name} with ${found.digest}; this build has ${digest}`)
  }
  const names = new Set(wanted.map(w => w.name))
  if (whole)
    for (const {name} of assets)
      if (!names.has(name) && !name.endsWith('.sigstore.json'))
        tell(`has ${name}, which is no file of the release`)
  if (problems.length > 0) throw new DiagnosticError(problems)
}

/** Out of draft, as the very last: from then on it can't be changed. */
export function githubPublish({staged, yanked}: Cut, github: GitHub): Step {
  const {version, channel} = staged.plan
  const tag = `v${version}`
  return {
    title: 'GitHub release',
    look: async () => {
      const all = await github.releases()
      const published = all.some(r => r.tag === tag && !r.draft)
      const latest = channel === 'stable' && isLatest(version, all, yanked)
      const call = `PATCH ${github.name} ${tag} draft=false make_latest=${latest}`
      return [{place: 'github', call, state: published ? 'done' : 'open'}]
    },
    act: async () => {
      const release = await findRelease(github, tag)
      if (!release?.draft) return
      const latest = channel === 'stable' && isLatest(version, await github.releases(), yanked)
      await github.updateRelease(release.id, {draft: false, latest})
    },
  }
}

/** By version, never by the order in which releases were made. */
function isLatest(version: string, all: readonly GitHubRelease[], yanked: ReadonlySet<string>): boolean {
  return all
    .filter(r => !r.draft && !r.prerelease)
    .map(r => semver.valid(r.tag))
    .every(other => other === null || yanked.has(other) || !semver.gt(other, version))
}
