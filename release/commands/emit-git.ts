import {createTwoFilesPatch} from 'diff'
import {fail} from '#lib/diagnostics.ts'
import {gitBranches} from '../effects/git-branches.ts'
import {githubOf} from '../effects/github.ts'
import {bindingsOf} from '../emit/edits.ts'
import {type Branches, checkSoak, type HopCommit, hopCommit} from '../emit/git.ts'
import {hopIssue} from '../emit/issue.ts'
import {standing} from '../emit/standing.ts'
import type {Args, Context, Run} from './command.ts'
import {type Emission, emissionOf, hopNumber, neededSite} from './emit-inputs.ts'
import {type Paint, print} from './output.ts'
import {boundAt, type Site, textsAt} from './site-files.ts'

/** The next hop as a commit on a branch, or as a pull request; a dry run without `--yes`. */
export const run: Run = async (args, context) => {
  const form = args.text('to') === 'pr' ? 'pr' : 'git'
  const emission = await emissionOf(args, context)
  const site = neededSite(emission, form)
  const base = args.text('base') ?? 'HEAD'
  const remote = args.text('remote') ?? 'origin'
  const branches = gitBranches(site.folder, remote, context.exec)
  const {plan, matrix} = emission
  const bound = await boundAt(site, base, context)
  const stands = standing(plan, bound, matrix, hopNumber(args, 'done', plan))
  const texts = await textsAt(site, base, context)
  const commit = hopCommit(plan, stands, site.bindings, file => texts.get(file))
  if (!commit) {
    print(context, {...stands, next: null}, () => `All ${plan.hops.length} hops are done.\n`)
    return 0
  }
  await gate(emission, site, stands.done, {base, branches, args, context})
  const acts = args.flag('yes')
  const state = acts ? await made(commit, base, branches) : 'planned'
  const pull = form === 'pr' && acts ? await propose(commit, emission, {branches, args, context}) : undefined
  print(context, {...stands, dryRun: !acts, ...commit, state, pull}, paint =>
    commitText(commit, acts ? (pull ?? `the branch ${commit.branch} has it`) : dryText(form), paint),
  )
  return 0
}

type World = {base: string; branches: Branches; args: Args; context: Context}

/**
 * Whether the hop before is over: its soak by the time of its commit, and what the site's own gate says.
 * @throws DiagnosticError J105 it has to stand longer, J107 the gate is red
 */
async function gate(
  {plan}: Emission,
  site: Site,
  done: number,
  {base, branches, args, context}: World,
): Promise<void> {
  const before = plan.hops[done - 1]
  if (before) {
    const files = bindingsOf(before, site.bindings).flatMap(({at}) => ('file' in at ? [at.file] : []))
    const since = files.length === 0 ? undefined : await branches.changedAt(base, files)
    checkSoak(before, since, Date.now())
  }
  const command = args.text('gate')
  if (command === undefined) return
  const {code, stderr} = await context.exec.run(['sh', '-c', command], {cwd: context.cwd})
  if (code === 0) return
  fail({
    code: 'J107',
    message: `the gate \`${command}\` ended with ${code}: ${stderr.toString().trim().split('\n').at(-1) ?? ''}`,
    hint: 'the next hop is emitted when it ends with 0',
  })
}

/** @throws DiagnosticError J108 the branch has something else */
async function made(commit: HopCommit, base: string, branches: Branches): Promise<'made' | 'same'> {
  const files = commit.files.map(({file, after}) => ({path: file, text: after}))
  const state = await branches.commit({base, branch: commit.branch, message: commit.message, files})
  if (state !== 'other') return state
  return fail({
    code: 'J108',
    message: `the branch ${commit.branch} is there already, with other contents`,
    hint: `look at it, and delete it if it is left over: git branch -D ${commit.branch}`,
  })
}

/** The URL of the pull request, opened now unless it is there. */
async function propose(
  {branch, message, hop}: HopCommit,
  {plan, matrix, parameters, site}: Emission,
  {branches, args, context}: Omit<World, 'base'>,
): Promise<string> {
  const {env, exec} = context
  const token = env.GH_TOKEN || env.GITHUB_TOKEN
  const remote = args.text('remote') ?? 'origin'
  const told = await exec.run(['git', 'remote', 'get-url', remote], {cwd: site?.folder ?? context.cwd})
  const [, there] = /github\.com[/:]([^/]+\/[^/]+?)(?:\.git)?\s*$/.exec(told.stdout.toString()) ?? []
  const repository = env.GITHUB_REPOSITORY || there
  if (!token || repository === undefined)
    fail(
      {
        code: 'E051',
        message: token ? `the remote ${remote} is not on GitHub` : 'nothing is proposed without a token',
        hint: token ? 'GITHUB_REPOSITORY=owner/name says where it is' : 'set GH_TOKEN',
      },
      2,
    )
  const api = env.GITHUB_API_URL || 'https://api.github.com'
  const github = githubOf({repository, api, token, fetch})
  await branches.push(branch)
  const open = await github.pullFrom(branch)
  if (open) return open
  const [title = ''] = message.split('\n', 1)
  const body = plan.hops
    .filter(one => one.number === hop)
    .map(one => hopIssue(one, {plan, matrix, parameters, bindings: site?.bindings}))
    .join('')
  return github.openPull({branch, base: args.text('into') ?? 'main', title, body})
}

function dryText(form: 'git' | 'pr'): string {
  const what = form === 'git' ? 'make the branch' : 'push the branch and open the pull request'
  return `a dry run: run it again with --yes to ${what}`
}

function commitText({branch, hop, of, message, files}: HopCommit, end: string, paint: Paint): string {
  const diff = files.map(({file, before, after}) =>
    createTwoFilesPatch(`a/${file}`, `b/${file}`, before, after, undefined, undefined, {context: 2}),
  )
  const body = diff.join('').replace(/^={3,}\n/gm, '')
  return `${paint('bold', `Hop ${hop} of ${of}: ${branch}`)}\n\n${message.replace(/^(?=.)/gm, '    ')}\n${body}\n${end}\n`
}
