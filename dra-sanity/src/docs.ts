/** Writes the table of scenarios into docs/reference/dra-sanity.md: `node dra-sanity/src/docs.ts`. */
import {readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {contract} from './contract.ts'
import type {Scenario} from './scenario.ts'
import {scenarios} from './scenarios/index.ts'

export const page = join(import.meta.dirname, '../../docs/reference/dra-sanity.md')
const [begin, end] = ['<!-- scenarios: written by dra-sanity/src/docs.ts -->', '<!-- end of scenarios -->']

/** The page with its table as the code has it. */
export function withTable(text: string, all: readonly Scenario[] = scenarios): string {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`the page has no place for the table: ${begin}`)
  return `${text.slice(0, from + begin.length)}\n\n${table(all)}\n${text.slice(to)}`
}

function table(all: readonly Scenario[]): string {
  const rows = all.map(({name, title, clauses}) => {
    const lines = clauses.map(id => {
      const {level, says, source} = contract[id]
      return `${level === 'should' ? '*should:* ' : ''}[${says}](${source})`
    })
    return `| \`${name}\` | ${title} | ${lines.join('<br>')} |`
  })
  return [
    '| scenario | what kubelet does | the lines it holds a driver to |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}

if (import.meta.main) await writeFile(page, withTable(await readFile(page, 'utf8')))
