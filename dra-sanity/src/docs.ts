/** Writes the tables of docs/reference/dra-sanity.md: `node dra-sanity/src/docs.ts`. */
import {readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {contract} from './contract.ts'
import {goTestDriver} from './differences.ts'
import type {Scenario} from './scenario.ts'
import {scenarios} from './scenarios/index.ts'

export const page = join(import.meta.dirname, '../../docs/reference/dra-sanity.md')

/** The page with its tables as the code has them. */
export function withTables(text: string, all: readonly Scenario[] = scenarios): string {
  return put('differences', differenceTable(all), put('scenarios', table(all), text))
}

function put(name: string, content: string, text: string): string {
  const [begin, end] = [`<!-- ${name}: written by dra-sanity/src/docs.ts -->`, `<!-- end of ${name} -->`]
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`the page has no place for the table: ${begin}`)
  return `${text.slice(0, from + begin.length)}\n\n${content}\n${text.slice(to)}`
}

/** Both drivers side by side: only scenarios that not everybody passes. */
function differenceTable(all: readonly Scenario[]): string {
  const words = {fail: 'FAIL', advice: 'advice', skip: 'skip', racing: 'pass, or FAIL by the moment'}
  const rows = all.flatMap(({name}) => {
    const found = goTestDriver.find(one => one.scenarios.includes(name))
    return found ? [`| \`${name}\` | pass | ${words[found.outcome]} | ${found.why} |`] : []
  })
  return [
    "| scenario | mock-accel-dra-driver | Kubernetes' test driver | why |",
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
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

if (import.meta.main) await writeFile(page, withTables(await readFile(page, 'utf8')))
