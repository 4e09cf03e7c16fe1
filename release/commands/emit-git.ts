import {createTwoFilesPatch} from 'diff'
import {fail} from '#lib/diagnostics.ts'
import {gitBranches} from '../effects/git-branches.ts'
import {githubOf} from '../effects/github.ts'
import {bindingsOf} from '../emit/edits.ts'
import {type Branches, checkSoak, type HopCommit, hopCommit} from '../emit/git.ts'
import {hopIssue} from '../emit/issue.ts'
import {standing} from '../emit/standing.ts'
import type {Hop} from '../upgrade/plan.ts'
import type {Args, Context, Run} from './command.ts'
import {type Emission, emissionOf, hopsDone, neededSite} from './emit-inputs.ts'
import {type Paint, print} from './output.ts'
import {boundAt, type Site, textsAt} from './site-files.ts'

/** The next hop as a commit on a branch, or as a pull request; a dry run without `--yes`. */
export const run: Run = async (args, context) => {
  const form = formOf(args)
  const emission = await emissionOf(args, context)
  const result = await nextCommit({...emission, site: neededSite(emission, form)}, args, context)
  print(context, result, paint => resultText(result, form, emission.plan.hops.length, paint))
  return 0
}

export function formOf(args: Args): 'git' | 'pr' {
  return args.text('to') === 'pr' ? 'pr' : 'git'
}

export type Emitted = {
  /** How many hops are done. */
  done: number
  /** Undefined when all are. */
  commit: HopCommit | undefined
  state: 'planned' | 'made' | 'same'
  pull?: string
}

/**
 * The next hop of one site.
 * @param cluster its name, where there are several in one repository
 * @throws DiagnosticError what holds it back: J100 to J108
 */
export async function nextCommit(
  emission: Emission & {site: Site},
  args: Args,
  context: Context,
  cluster?: string,
): Promise<Emitted> {
  const {plan, matrix, site} = emission
  const base = args.text('base') ?? 'HEAD'
  const branches = gitBranches(site.folder, args.text('remote') ?? 'origin', context.exec)
  const bound = await boundAt(site, base, context)
  const stands = standing(plan, bound, matrix, hopsDone(args, plan, cluster))
  const texts = await textsAt(site, base, context)
  const commit = hopCommit(plan, stands, site.bindings, file => texts.get(file), cluster)
  if (!commit) return {done: stands.done, commit, state: 'same'}
  await gate(emission, stands.done, {base, branches, args, context, cluster})
  if (!args.flag('yes')) return {done: stands.done, commit, state: 'planned'}
  const state = await made(commit, base, branches)
  if (formOf(args) === 'git') return {done: stands.done, commit, state}
  const pull = await propose(commit, emission, {branches, args, context})
  return {done: stands.done, commit, state, pull}
}

export function resultText(
  {commit, state, pull}: Emitted,
  form: 'git' | 'pr',
  hops: number,
  paint: Paint,
): string {
  if (!commit) return `All ${hops} hops are done.\n`
  const end = pull ?? (state === 'planned' ? dryText(form) : `the branch ${commit.branch} has it`)
  return commitText(commit, end, paint)
}

/** When a hop came into the base branch; milliseconds since 1970. */
export async function doneSince(
  hop: Hop | undefined,
  {bindings}: Site,
  base: string,
  branches: Branches,
): Promise<number | undefined> {
  const files = hop ? bindingsOf(hop, bindings).flatMap(({at}) => ('file' in at ? [at.file] : [])) : []
  return files.length === 0 ? undefined : branches.changedAt(base, files)
}

type World = {base: string; branches: Branches; args: Args; context: Context; cluster?: string | undefined}

/**
 * Whether the hop before is over: its soak by the time of its commit, and what the site's own gate says.
 * @throws DiagnosticError J105 it has to stand longer, J107 the gate is red
 */
async function gate(
  {plan, site}: Emission & {site: Site},
  done: number,
  {base, branches, args, context, cluster}: World,
): Promise<void> {
  const before = plan.hops[done - 1]
  checkSoak(before, await doneSince(before, site, base, branches), Date.now())
  const command = args.text('gate')
  if (command === undefined) return
  const env = cluster === undefined ? {} : {env: {LOCKSTEP_CLUSTER: cluster}}
  const {code, stderr} = await context.exec.run(['sh', '-c', command], {cwd: context.cwd, ...env})
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
  // A fresh clone has made the commit anew, which the branch that was pushed by an earlier run does not take.
  const open = await github.pullFrom(branch)
  if (open) return open
  await branches.push(branch)
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
