import {spawn} from 'node:child_process'
import {join} from 'node:path'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {repositoryRoot} from '../effects/toolbox/toolbox.ts'
import type {Args, Run} from './command.ts'

/** What may be said of each, besides words. */
const options: Readonly<Record<string, readonly string[]>> = {
  up: ['name', 'nodes', 'topology', 'kernel', 'kubernetes'],
  down: ['name'],
  status: [],
  logs: ['name'],
  shell: ['name'],
}

/**
 * The test bed is no part of the command's bundle: it runs from the checkout, in a process of its own that has this
 * one's terminal and tells its own problems.
 */
export const verb =
  (name: string): Run =>
  async (args, context) => {
    const program = join(repositoryRoot(), 'testbed/node/dev.ts')
    const child = spawn(process.execPath, [program, name, ...given(name, args), ...args.words], {
      cwd: context.cwd,
      stdio: 'inherit',
    })
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', resolve)
    })
    if (code === 0 || code === 1) return code
    // It has said all there is to say.
    throw new DiagnosticError([], code === 2 ? 2 : 3)
  }

function given(verb: string, args: Args): string[] {
  const texts = (options[verb] ?? []).flatMap(name => {
    const value = args.text(name)
    return value === undefined ? [] : [`--${name}`, value]
  })
  const quiet = args.flag('quiet') ? ['--quiet'] : []
  if (verb !== 'up') return [...texts, ...quiet]
  const load = args.list('load')
  return [
    ...texts,
    ...quiet,
    ...(load.length > 0 ? ['--load', load.join(',')] : []),
    ...(args.flag('no-module') ? ['--no-module'] : []),
  ]
}
