import {join} from 'node:path'
import {rcompare, valid} from 'semver'
import {DiagnosticError, fail} from '#lib/diagnostics.ts'
import {parseYaml} from '#lib/yaml.ts'
import {draftChanges, releaseChanges, sectionOf} from '../cut/prepare-changes.ts'
import {raiseMatrix} from '../cut/prepare-matrix.ts'
import {bumpFor, nextVersion} from '../cut/prepare-version.ts'
import {applyDrift, type Drift, findDrift, readTree} from '../generate/check.ts'
import {changesSchema} from '../generate/docs/changes.ts'
import type {Git, GitHub} from '../lib/effects.ts'
import {contains} from '../lib/range.ts'
import {parseRange} from '../lib/range-text.ts'
import {parseVersion} from '../lib/versions.ts'
import {type Loaded, loadMatrix, loadShape} from '../matrix/load.ts'
import type {Matrix} from '../matrix/schema/index.ts'
import type {Channel} from '../plan/tags.ts'
import {diffText} from './check.ts'
import type {Args, Context, Run} from './command.ts'
import {generatedFiles} from './generated.ts'
import {count, print} from './output.ts'
import {defaultMatrix} from './read-files.ts'
import {outsideOf} from './release-world.ts'
import {today} from './today.ts'
import {loadWorkspace, type Workspace} from './workspace.ts'

export const run: Run = async (args, context) => {
  const workspace = await loadWorkspace(context)
  const {git, github, hasToken} = outsideOf(workspace, args, context)
  const asked = await askedOf(workspace, git, args)
  const {drift, generated} = await prepared(workspace, git, asked, context)
  await refuseOthers(git, asked.version, new Set(generated))
  await applyDrift(context.files, workspace.root, drift)
  const acts = args.flag('yes')
  const branch = `prepare-v${asked.version}`
  const pull = acts
    ? await propose(branch, asked.version, workspace.matrix, git, hasToken ? github : undefined)
    : undefined
  const changes = drift.map(({path, kind}) => ({path, kind}))
  print(context, {version: asked.version, branch: acts ? branch : undefined, pull, changes}, paint => {
    const diff = drift.length > 0 ? `${diffText(drift, paint)}\n` : ''
    const done = acts ? `${branch} is pushed${pull ? `: ${pull}` : ''}` : nextText(asked.version)
    return `${diff}${count(drift.length, 'file')} changed for ${asked.version}. ${done}\n`
  })
  return 0
}

function nextText(version: string): string {
  return `Edit matrix/changes/${version}.yaml, and in the matrix title, status, highlights and the rules that end before ${version}; then run it again with --yes`
}

type Asked = {version: string; date: string; channel: Channel; last: string | undefined}

/** @throws L030 no version that can come next */
async function askedOf({matrix}: Workspace, git: Git, args: Args): Promise<Asked> {
  const {release, product, components} = matrix
  if (!release)
    fail({code: 'L030', message: 'the matrix describes no release', hint: 'add its section `release`'})
  const tags = (await git.tagsBelow()).map(t => t.slice(1)).filter(v => valid(v) === v)
  const [tagged] = tags.toSorted(rcompare)
  const committed = await git.committed(defaultMatrix)
  // What stands in the working tree may be what an earlier run has prepared.
  const last = tagged ?? (committed && committedVersion(committed)) ?? release.version
  const channel = (args.text('channel') ?? 'stable') as Channel
  const date = args.text('date') ?? today()
  const commits = await git.commitsSince(tagged && `v${tagged}`)
  const [word = bumpFor(new Set(commits.flatMap(c => sectionOf(c) ?? [])), last)] = args.words
  const known = [...tags, ...(components[product.component]?.versions.map(v => v.version) ?? [])]
  const version = nextVersion(word, channel, {last, known, date})
  if (await git.tagHere(`v${version}`))
    fail({code: 'L030', message: `${version} has a tag already`, hint: 'prepare the one that comes after it'})
  return {version, date, channel, last: tagged && `v${tagged}`}
}

function committedVersion(bytes: Buffer): string | undefined {
  const {value} = parseYaml(bytes, defaultMatrix)
  const version = (value as {release?: {version?: unknown}} | undefined)?.release?.version
  return typeof version === 'string' ? version : undefined
}

/** Everything that changes, as it is to be written; what people have edited since an earlier run stays. */
async function prepared(
  workspace: Workspace,
  git: Git,
  {version, date, channel, last}: Asked,
  context: Context,
): Promise<{drift: Drift[]; generated: string[]}> {
  const {root, matrix, components} = workspace
  const {files} = context
  const before = (await files.read(join(root, defaultMatrix))).toString()
  const raise = {component: matrix.product.component, version, date, channel}
  const text = raiseMatrix(before, defaultMatrix, raise)
  const file = `matrix/changes/${version}.yaml`
  const unreleased = 'matrix/changes/unreleased.yaml'
  const read = async (path: string) =>
    (await files.stat(join(root, path))) ? (await files.read(join(root, path))).toString() : undefined
  const [written, collected] = [await read(file), await read(unreleased)]
  const places = components.filter(c => matrix.components[c.id]).map(({id, path}) => ({id, path}))
  const changes =
    written ??
    (collected
      ? releaseChanges(collected, version)
      : draftChanges(version, await git.commitsSince(last), places))
  const raised = sound(loadMatrix(text, defaultMatrix))
  const said = sound(loadShape(changes, file, changesSchema))
  const others = workspace.changes.filter(c => c.version !== version && c.version !== 'unreleased')
  const generated = await generatedFiles({...workspace, matrix: raised, changes: [...others, said]})
  const edited: Drift[] = [
    {path: defaultMatrix, kind: 'differs', text, found: before},
    {path: file, kind: written === undefined ? 'missing' : 'differs', text: changes, found: written},
    ...(collected && !written
      ? [{path: unreleased, kind: 'stale' as const, text: undefined, found: collected}]
      : []),
  ]
  return {
    drift: [
      ...edited.filter(d => d.text !== d.found),
      ...findDrift(generated, await readTree(files, root, generated)),
    ],
    generated: generated.map(g => g.path),
  }
}

function sound<T>({value, diagnostics}: Loaded<T>): T {
  if (value) return value
  throw new DiagnosticError(diagnostics)
}

/** @throws L031 something else than the matrix and what is generated has changed */
async function refuseOthers(git: Git, version: string, generated: ReadonlySet<string>): Promise<void> {
  const others = (await git.changes()).filter(path => !path.startsWith('matrix/') && !generated.has(path))
  if (others.length === 0) return
  throw new DiagnosticError(
    others.map(path => ({
      code: 'L031',
      severity: 'error',
      message: `${path} has changes that do not belong to preparing ${version}`,
      hint: 'commit it, or put it away',
    })),
  )
}

/** A branch with one commit, and a pull request for it; what is there already is left as it is. */
async function propose(
  branch: string,
  version: string,
  matrix: Matrix,
  git: Git,
  github: GitHub | undefined,
): Promise<string | undefined> {
  await git.commitOn(branch, await git.changes(), `Release ${version}`)
  await git.pushBranch(branch)
  if (!github) return undefined
  const there = await github.pullFrom(branch)
  if (there) return there
  const body = `Version, history, changes and everything generated for ${version}. Edit matrix/changes/${version}.yaml before it is merged.`
  return github.openPull({branch, base: baseOf(matrix, version), title: `Release ${version}`, body})
}

/** The branch that releases the version, by the matrix. */
function baseOf({release}: Matrix, version: string): string {
  const read = parseVersion(version, 'semver')
  const fits = release?.branches.find(({versions, state}) => {
    const {range} = parseRange(versions, 'semver')
    return read && range && state !== 'ended' && contains(range, read)
  })
  return fits?.name ?? 'main'
}
