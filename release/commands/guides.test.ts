import {readdirSync, readFileSync} from 'node:fs'
import {expect, test} from 'vitest'
import {parse} from './parse.ts'
import {commands} from './table.ts'

const folder = 'docs/guides'

/** Lines of shell blocks that run our command, without what stands around it. */
function linesOf(guide: string): string[] {
  const text = readFileSync(`${folder}/${guide}`, 'utf8')
  const blocks = [...text.matchAll(/^```sh[^\n]*\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block)
  return blocks
    .flatMap(block => block.replaceAll('\\\n', ' ').split('\n'))
    .flatMap(line => /(?:^|\s)\.\/lockstep ([^|<>#;&]*)/.exec(line)?.[1] ?? [])
    .map(line => line.trim())
}

test.each(readdirSync(folder).filter(name => name.endsWith('.md')))(
  '%s: our commands are spelled as they are',
  guide => {
    for (const line of linesOf(guide)) {
      const words = [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '')
      expect(() => parse(words, commands), line).not.toThrow()
    }
  },
)
