import {fail} from '#lib/diagnostics.ts'
import {mainBranch} from '../cut/branches.ts'
import {learnRow} from '../cut/prepare-matrix.ts'
import {applyDrift} from '../generate/check.ts'
import type {Git} from '../lib/effects.ts'
import {diffText} from './check.ts'
import type {Run} from './command.ts'
import {count, print} from './output.ts'
import {changesPath, editsFor, propose, refuseOtherChanges, textAt} from './release-edits.ts'
import {outsideOf} from './release-world.ts'
import {versionOf} from './version-word.ts'
import {loadWorkspace} from './workspace.ts'

/** The row and the changes of a release that another branch has made. */
export const run: Run = async (args, context) => {
  const version = versionOf(args.words[0])
  const workspace = await loadWorkspace(context)
  const {matrix} = workspace
  const {git, github, hasToken} = outsideOf(workspace, args, context)
  const from = args.text('from') ?? `v${version}`
  const theirs = await needed(git, from, workspace.file, version)
  const changes = await needed(git, from, changesPath(version), version)
  const before = (await textAt(workspace, workspace.file, context)) ?? ''
  const learnt = learnRow(
    before,
    workspace.file,
    {text: theirs, file: `${from}:${workspace.file}`},
    {component: matrix.product.component, version},
  )
  const {drift, generated} = await editsFor(workspace, {version, matrix: learnt, changes}, context)
  await refuseOtherChanges(git, `learning of ${version}`, generated)
  await applyDrift(context.files, workspace.root, drift)
  const acts = args.flag('yes')
  const branch = `learn-v${version}`
  const proposal = {
    branch,
    base: mainBranch(matrix),
    title: `Tell of ${version}`,
    body: `${version} was released from its own branch: its row of the history, its changes, and what is generated from them.`,
  }
  const pull = acts ? await propose(proposal, git, hasToken ? github : undefined) : undefined
  const files = drift.map(({path, kind}) => ({path, kind}))
  print(context, {version, from, branch: acts ? branch : undefined, pull, changes: files}, paint => {
    const diff = drift.length > 0 ? `${diffText(drift, paint)}\n` : ''
    const next = acts ? `${branch} is pushed${pull ? `: ${pull}` : ''}` : 'Run it again with --yes'
    return `${diff}${count(drift.length, 'file')} changed: ${version} is known here. ${next}\n`
  })
  return 0
}

/** @throws L034 that commit has no such file */
async function needed(git: Git, revision: string, path: string, version: string): Promise<string> {
  const bytes = await git.fileAt(revision, path)
  if (bytes) return bytes.toString()
  fail({
    code: 'L034',
    message: `${revision} has no ${path} here`,
    hint: `\`git fetch ${git.remote} tag v${version}\`, or name another commit with --from`,
  })
}
