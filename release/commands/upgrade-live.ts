import {type Diagnostic, DiagnosticError} from '#lib/diagnostics.ts'
import {currentOf} from '../doctor/checks/versions.ts'
import {detectVersions} from '../live/detect.ts'
import {readCluster} from '../live/read.ts'
import type {Matrix} from '../matrix/schema/index.ts'
import type {Args, Context} from './command.ts'
import {withCluster} from './live-cluster.ts'

/**
 * With `--live`, what runs comes from the cluster: `NAME=..WANTED` says where to go, and everything else that the cluster
 * shows of the matrix stands as it is. What is said in full, `NAME=CURRENT..WANTED`, is believed. Without it the arguments
 * are as they were given.
 * @throws DiagnosticError E060, E061; J010 the cluster does not show a component
 */
export async function liveArgs(args: Args, matrix: Matrix, context: Context): Promise<Args> {
  if (!args.flag('live')) return args
  const snapshot = await withCluster(args, context, readCluster)
  const words = liveWords(args.words, currentOf(detectVersions(snapshot, matrix), matrix))
  return {...args, words}
}

/** @throws DiagnosticError J010, exit 2 */
export function liveWords(words: readonly string[], current: Readonly<Record<string, string>>): string[] {
  const problems: Diagnostic[] = []
  const said = words.flatMap(word => {
    const [, name, wanted] = /^([^=]+)=\.\.(.+)$/.exec(word) ?? []
    if (name === undefined || wanted === undefined) return [word]
    const running = Object.entries(current).filter(([key]) => key === name || key.split('@')[0] === name)
    if (running.length === 0) problems.push(notShown(name, wanted))
    return running.map(([key, version]) => `${key}=${version}..${wanted}`)
  })
  if (problems.length > 0) throw new DiagnosticError(problems, 2)
  const named = new Set(said.map(word => word.split('=')[0]))
  const others = Object.entries(current).flatMap(([key, version]) =>
    named.has(key) ? [] : [`${key}=${version}`],
  )
  return [...said, ...others]
}

function notShown(name: string, wanted: string): Diagnostic {
  return {
    code: 'J010',
    severity: 'error',
    message: `the cluster does not show a version of ${name}`,
    expected: `${name}=CURRENT..${wanted}, with what runs`,
    hint: 'lockstep doctor cluster lists what is seen',
  }
}
