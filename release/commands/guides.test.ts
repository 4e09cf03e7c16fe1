import {execFileSync} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {expect, test} from 'vitest'
import {parse} from './parse.ts'
import {commands} from './table.ts'

/** Every page but the generated reference of commands, whose examples are tried with the table. */
const pages = execFileSync('git', ['ls-files', '-z', '--', '*.md'], {encoding: 'utf8'})
  .split('\0')
  .filter(page => page && page !== 'docs/reference/cli.md')

/** Lines of shell blocks that run our command, without what stands around it. */
function linesOf(page: string): string[] {
  const text = readFileSync(page, 'utf8')
  const blocks = [...text.matchAll(/^```(?:sh|bash)[^\n]*\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block)
  return blocks
    .flatMap(block => block.replaceAll('\\\n', ' ').split('\n'))
    .flatMap(line => /(?:(?:^|\s|\()\.\/lockstep|^lockstep) ([^|<>#;&)]*)/.exec(line)?.[1] ?? [])
    .map(line => line.trim())
}

test.each(pages.map(page => [page, linesOf(page)] as const).filter(([, lines]) => lines.length > 0))(
  '%s: our commands are spelled as they are',
  (_, lines) => {
    for (const line of lines) {
      const words = [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '')
      expect(() => parse(words, commands), line).not.toThrow()
    }
  },
)
