import {valid} from 'semver'
import {type Diagnostic, DiagnosticError, fail} from '#lib/diagnostics.ts'
import {parseYaml} from '#lib/yaml.ts'
import {branchFor, lastOf, mainBranch, otherBranch, unsupported} from '../cut/branches.ts'
import {draftChanges, releaseChanges, sectionOf} from '../cut/prepare-changes.ts'
import {raiseMatrix} from '../cut/prepare-matrix.ts'
import {bumpFor, nextVersion} from '../cut/prepare-version.ts'
import {applyDrift} from '../generate/check.ts'
import type {Git} from '../lib/effects.ts'
import {loadMatrix} from '../matrix/load.ts'
import type {Matrix} from '../matrix/schema/index.ts'
import {type Channel, channelOf} from '../plan/tags.ts'
import {diffText} from './check.ts'
import type {Args, Context, Run} from './command.ts'
import {count, print} from './output.ts'
import {changesPath, type Edits, editsFor, propose, refuseOtherChanges, textAt} from './release-edits.ts'
import {outsideOf} from './release-world.ts'
import {today} from './today.ts'
import {versionOf} from './version-word.ts'
import {loadWorkspace, type Workspace} from './workspace.ts'

export const run: Run = async (args, context) => {
  const workspace = await loadWorkspace(context)
  const {git, github, hasToken} = outsideOf(workspace, args, context)
  const asked = await askedOf(workspace, git, args)
  const {version, channel} = asked
  const {drift, generated} = await prepared(workspace, git, asked, context)
  await refuseOtherChanges(git, `preparing ${version}`, generated)
  await applyDrift(context.files, workspace.root, drift)
  const acts = args.flag('yes')
  const branch = `prepare-v${version}`
  const base = branchFor(workspace.matrix, version)?.name ?? mainBranch(workspace.matrix)
  const body = `Version, history, changes and everything generated for ${version}. Edit ${changesPath(version)} before it is merged.`
  // A nightly is cut from where it was prepared: nobody reads it, and nobody merges it.
  const asks = hasToken && channel !== 'nightly' ? github : undefined
  const pull = acts ? await propose({branch, base, title: `Release ${version}`, body}, git, asks) : undefined
  const changes = drift.map(({path, kind}) => ({path, kind}))
  const learns = base === mainBranch(workspace.matrix) ? undefined : mainBranch(workspace.matrix)
  print(context, {version, branch: acts ? branch : undefined, pull, changes, learns}, paint => {
    const diff = drift.length > 0 ? `${diffText(drift, paint)}\n` : ''
    const done = acts ? `${branch} is pushed${pull ? `: ${pull}` : ''}` : nextText(version, channel)
    const learn = learns
      ? `\nOnce it is released, ${learns} learns of it: \`./lockstep release learn ${version}\` there`
      : ''
    return `${diff}${count(drift.length, 'file')} changed for ${version}. ${done}${learn}\n`
  })
  return 0
}

function nextText(version: string, channel: Channel): string {
  if (channel === 'nightly') return 'Commit it, and cut it; with --yes it goes to a branch of its own'
  return `Edit ${changesPath(version)}, and in the matrix title, status, highlights and the rules that end before ${version}; then run it again with --yes`
}

type Asked = {version: string; date: string; channel: Channel; last: string | undefined}

/** @throws L030 no version that can come next, L007 not from this branch, L033 supported no longer */
async function askedOf({matrix, file}: Workspace, git: Git, args: Args): Promise<Asked> {
  const {release, product, components} = matrix
  if (!release)
    fail({code: 'L030', message: 'the matrix describes no release', hint: 'add its section `release`'})
  const given = versionOf(args.words[0]) || undefined
  const named = given !== undefined && valid(given) ? channelOf(given) : 'stable'
  const channel = (args.text('channel') ?? named) as Channel
  const tags = (await git.tagsBelow()).map(t => t.slice(1)).filter(v => valid(v) === v)
  const tagged = lastOf(tags, channel)
  const committed = await git.committed(file)
  // What stands in the working tree may be what an earlier run has prepared.
  const last = tagged ?? (committed && committedVersion(committed)) ?? release.version
  const date = args.text('date') ?? today()
  const branch = await git.branch()
  const word = given ?? (await bumpSince(git, tagged, last, matrix, branch))
  const known = [...tags, ...(components[product.component]?.versions.map(v => v.version) ?? [])]
  const against = async (next: string) => [
    ...ofBranch(matrix, branch, next),
    ...((await git.tagHere(`v${next}`)) ? [taken(next)] : []),
  ]
  // Where it belongs tells more than what it comes after.
  if (valid(word)) refuse(await against(word))
  const version = nextVersion(word, channel, {last, known, date})
  refuse([
    ...(await against(version)),
    ...unsupported(await widestMatrix({matrix, file}, git), version, date),
  ])
  return {version, date, channel, last: tagged && `v${tagged}`}
}

function taken(version: string): Diagnostic {
  return {
    code: 'L030',
    severity: 'error',
    message: `${version} has a tag already`,
    hint: 'prepare the one that comes after it',
  }
}

/** The branch that an earlier run has made is as good as the one that it was made from. */
function ofBranch(matrix: Matrix, branch: string | undefined, version: string): Diagnostic[] {
  return branch === `prepare-v${version}` ? [] : otherBranch(matrix, branch, version)
}

function refuse(problems: readonly Diagnostic[]): void {
  if (problems.length > 0) throw new DiagnosticError(problems)
}

/** What the commits ask for; a branch that only gets fixes has nothing but patches. */
async function bumpSince(
  git: Git,
  tagged: string | undefined,
  last: string,
  {release}: Matrix,
  branch: string | undefined,
): Promise<string> {
  if (release?.branches.some(b => b.name === branch && b.state === 'fixes')) return 'patch'
  const commits = await git.commitsSince(tagged && `v${tagged}`)
  return bumpFor(new Set(commits.flatMap(c => sectionOf(c) ?? [])), last)
}

/** The matrix of the main branch, as it was last fetched: it knows the minors that came after. */
async function widestMatrix({matrix, file}: Pick<Workspace, 'matrix' | 'file'>, git: Git): Promise<Matrix> {
  const bytes = await git.fileAt(`refs/remotes/${git.remote}/${mainBranch(matrix)}`, file)
  return (bytes && loadMatrix(bytes, file).value) ?? matrix
}

function committedVersion(bytes: Buffer): string | undefined {
  const {value} = parseYaml(bytes, 'matrix')
  const version = (value as {release?: {version?: unknown}} | undefined)?.release?.version
  return typeof version === 'string' ? version : undefined
}

/** Everything that changes, as it is to be written; what people have edited since an earlier run stays. */
async function prepared(
  workspace: Workspace,
  git: Git,
  {version, date, channel, last}: Asked,
  context: Context,
): Promise<Edits> {
  const {matrix, components} = workspace
  const before = (await textAt(workspace, workspace.file, context)) ?? ''
  const raise = {component: matrix.product.component, version, date, channel}
  const unreleased = changesPath('unreleased')
  const [written, collected] = [
    await textAt(workspace, changesPath(version), context),
    await textAt(workspace, unreleased, context),
  ]
  // What was collected is for the release that people wait for, not for what leads to it.
  const takes = collected !== undefined && written === undefined && channel === 'stable'
  const places = components.filter(c => matrix.components[c.id]).map(({id, path}) => ({id, path}))
  const drafted = async () =>
    draftChanges(version, await git.commitsSince(last), places, channel !== 'nightly')
  return editsFor(
    workspace,
    {
      version,
      matrix: raiseMatrix(before, workspace.file, raise),
      changes: written ?? (takes ? releaseChanges(collected, version) : await drafted()),
      replaces: takes ? unreleased : undefined,
    },
    context,
  )
}
