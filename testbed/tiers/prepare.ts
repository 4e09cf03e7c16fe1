import {spawn} from 'node:child_process'
import {join} from 'node:path'
import {root} from './processes.ts'
import type {Need} from './tiers.ts'

/**
 * Makes what tiers need, in processes beside the first tiers and politely behind them.
 * @returns a question: what is missing of these needs? It waits for them; undefined when all stand. A tool that
 *   can't be built is told here but stops only the tests that need it
 */
export function prepare(needs: ReadonlySet<Need>): (needs: readonly Need[]) => Promise<string | undefined> {
  const toolbox = script('testbed/toolbox/open.ts')
  const tools = needs.has('go tools')
    ? toolbox.then(failed => failed ?? script('testbed/tools/build.ts'))
    : Promise.resolve(undefined)
  return async asked => {
    if (asked.includes('go tools')) await tools
    return toolbox
  }
}

/** Answers undefined when the script ended well, else its last words. */
function script(path: string): Promise<string | undefined> {
  return new Promise(resolve => {
    const child = spawn(
      'setpriv',
      ['--pdeathsig=TERM', 'nice', '-n', '5', process.execPath, join(root, path)],
      {
        cwd: root,
        stdio: ['ignore', 'inherit', 'pipe'],
      },
    )
    let words = ''
    child.stderr.on('data', chunk => {
      words = (words + chunk).slice(-4000)
      process.stderr.write(chunk)
    })
    child.on('error', error => resolve(error.message))
    child.on('close', code => resolve(code === 0 ? undefined : `${path} failed: ${words.trim()}`))
  })
}
