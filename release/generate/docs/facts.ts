import type {Evidence} from '#release/matrix/schema/evidence.ts'
import type {Level} from '#release/matrix/schema/facts.ts'
import type {Matrix} from '#release/matrix/schema/index.ts'
import {link, table} from './markdown.ts'

type Fact = {level: Level; source: string; asOf: string}

const marks: Record<Level, string> = {
  tested: '✅',
  supported: '☑️',
  expected: '🔷',
  broken: '❌',
  unknown: '❔',
}

/** How well a fact is known, since when, and by which source: the last cell of every row. */
export function known(fact: Fact): string {
  return `${levelText(fact.level)}, ${cited(fact.asOf, fact.source)}`
}

export function levelText(level: Level): string {
  return `${marks[level]} ${level}`
}

/** A text with its source as a footnote; `footnotes` writes what it refers to. */
export function cited(text: string, source: string | undefined): string {
  return source === undefined ? text : `${text}[^${source}]`
}

/** What the levels mean, for readers. */
export function legend(): string {
  return table(
    ['Level', 'Meaning'],
    [
      [levelText('tested'), 'A signed record of a test run shows it.'],
      [levelText('supported'), 'Documented by those who answer for it.'],
      [levelText('expected'), 'Our reading of the sources; nobody has shown it yet.'],
      [levelText('broken'), 'Known not to work.'],
      [levelText('unknown'), 'Nobody has looked, or nothing says so. Never a yes.'],
    ],
  )
}

/** Every source that a page refers to, in the order in which it does so. */
export function footnotes(page: string, matrix: Matrix): string {
  const ids = new Set([...page.matchAll(/\[\^([a-z0-9.-]+)\]/g)].map(match => match[1] ?? ''))
  return [...ids].map(id => `[^${id}]: ${sourceText(id, matrix)}`).join('\n')
}

function sourceText(id: string, matrix: Matrix): string {
  const evidence = matrix.evidence.find(e => e.id === id)
  if (evidence) return evidenceText(evidence)
  const source = matrix.sources[id]
  if (!source) return 'unknown source'
  const title = source.url ? link(source.title, source.url) : source.title
  return `${title}, seen ${source.seen}.`
}

function evidenceText({run, commit, date, signer, statement}: Evidence): string {
  const title = run ? link('Test run', run) : 'Test run'
  return `${title} of ${date}, commit ${commit.slice(0, 12)}, signed by ${signer} (statement \`${statement.slice(0, 19)}…\`).`
}
