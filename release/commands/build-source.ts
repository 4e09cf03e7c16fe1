import {fail} from '#lib/diagnostics.ts'
import {readTree} from '../effects/tree.ts'
import type {ReleasePlan, TreeFile} from '../plan/plan.ts'
import {type BuildSource, localBuilder} from '../trust/provenance.ts'
import type {Context} from './command.ts'
import {rootOf} from './read-files.ts'

/**
 * The commit of the checkout, once it is certain that the plan was made from exactly that, and what runs here.
 * @throws W040 no commit, changes beside it, or files that are not the plan's
 */
export async function sourceOf(plan: ReleasePlan, context: Context): Promise<BuildSource> {
  const root = rootOf(context)
  const git = async (...args: string[]): Promise<string> => {
    const {code, stdout} = await context.exec.run(['git', ...args], {cwd: root})
    return code === 0 ? stdout.toString().trim() : unknown(`\`git ${args[0]}\` does not answer in ${root}`)
  }
  const commit = await git('rev-parse', '--verify', 'HEAD')
  const changes = await git('status', '--porcelain')
  if (changes !== '')
    unknown(`the checkout has changes that are in no commit: ${firstOf(changes.split('\n'))}`)
  const tree = new Map((await readTree(root, context.exec)).files.map(f => [f.path, f.digest]))
  const other = treeFiles(plan.artifacts).filter(f => tree.get(f.path) !== f.digest)
  if (other.length > 0)
    unknown(`the release was not built from ${commit}: ${firstOf(other.map(f => f.path))}`)
  return {commit, ...runnerOf(context.env, plan.repositoryUrl)}
}

/** Every file of the checkout that the plan names, wherever in a recipe. */
function treeFiles(value: unknown): TreeFile[] {
  if (Array.isArray(value)) return value.flatMap(treeFiles)
  if (typeof value !== 'object' || value === null) return []
  if ('path' in value && 'mode' in value && 'digest' in value) return [value as TreeFile]
  return Object.values(value).flatMap(treeFiles)
}

/** GitHub tells which workflow runs (https://docs.github.com/actions/reference/workflows-and-actions/variables). */
export function runnerOf(env: Context['env'], repositoryUrl: string): Omit<BuildSource, 'commit'> {
  const {GITHUB_SERVER_URL: server, GITHUB_WORKFLOW_REF: workflow, GITHUB_REPOSITORY: repository} = env
  if (env.GITHUB_ACTIONS !== 'true' || !server || !workflow) return {builder: localBuilder(repositoryUrl)}
  const run = `${server}/${repository}/actions/runs/${env.GITHUB_RUN_ID}/attempts/${env.GITHUB_RUN_ATTEMPT}`
  return {builder: `${server}/${workflow}`, invocation: run}
}

function firstOf(lines: readonly string[]): string {
  return `${lines.slice(0, 3).join(', ')}${lines.length > 3 ? ', …' : ''}`
}

function unknown(message: string): never {
  fail({
    code: 'W040',
    message,
    expected: 'the commit from which dist/ was built, without changes',
    hint: 'run `./lockstep generate`, whose files count too; commit, build again, and publish from that checkout',
  })
}
