/** Writes the tables of the driver's pages in docs/reference: `node dra-driver/src/docs.ts`. */
import {readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {fields} from './config/device-config.ts'
import {metrics} from './metrics.ts'
import {flags} from './options.ts'

export const pages = ['dra-driver.md', 'dra-api.md'].map(name =>
  join(import.meta.dirname, '../../docs/reference', name),
)

const tables: Record<string, () => string[]> = {
  flags: () =>
    table(
      ['flag', 'variable', 'default', 'meaning'],
      Object.entries(flags).map(([name, flag]: [string, Flag]) => [
        `\`--${name} ${flag.choices?.join('\\|') ?? flag.value}\``,
        `\`${flag.env}\``,
        flag.standard === undefined ? '' : `\`${flag.standard}\``,
        flag.summary,
      ]),
    ),
  metrics: () =>
    table(
      ['series', 'type', 'meaning'],
      metrics.map(({name, type, help}) => [`\`${name}\``, type, help]),
    ),
  parameters: () =>
    table(
      ['field', 'type', 'meaning'],
      Object.entries(fields).map(([name, field]) => [
        `\`${name}\``,
        field.type === 'integer' ? `whole number, ${field.minimum} to ${field.maximum}` : 'true or false',
        field.meaning,
      ]),
    ),
}
type Flag = {env: string; value: string; summary: string; standard?: string; choices?: readonly string[]}

/** A page with all of its tables as the code has them. */
export function withTables(text: string): string {
  return text.replace(
    /(<!-- (\w+): written by dra-driver\/src\/docs\.ts -->\n)[\s\S]*?(<!-- end of \2 -->)/g,
    (_, begin: string, name: string, end: string) =>
      `${begin}\n${(tables[name]?.() ?? [`there is no table ${name}`]).join('\n')}\n\n${end}`,
  )
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)]
}

if (import.meta.main) for (const page of pages) writeFileSync(page, withTables(readFileSync(page, 'utf8')))
