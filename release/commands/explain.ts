import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {pathToFileURL} from 'node:url'
import {fail} from '#lib/diagnostics.ts'
import {didYouMean} from '#lib/did-you-mean.ts'
import {repositoryRoot} from '../effects/toolbox/toolbox.ts'
import {allCodes} from './all-codes.ts'
import type {Run} from './command.ts'
import {paragraph, print, table} from './output.ts'

export const run: Run = async ({words}, context) => {
  const codes: Codes = {...(await allCodes()), ...(await testbedCodes())}
  const [word] = words
  if (word === undefined) {
    const list = Object.entries(codes).map(([code, {title}]) => ({code, title}))
    print(context, list, paint =>
      table(
        ['CODE', 'MEANS'],
        list.map(({code, title}) => [code, title]),
        paint,
        context.width,
      ),
    )
    return 0
  }
  const code = word.toUpperCase()
  const found = codes[code]
  if (!found) {
    const near = didYouMean(code, Object.keys(codes))
    fail(
      {
        code: 'C004',
        message: `there is no code ${word}`,
        hint: `${near ? `did you mean ${near}? ` : ''}\`lockstep explain\` lists all codes`,
      },
      2,
    )
  }
  print(
    context,
    {code, ...found},
    paint => `${paint('bold', `${code}: ${found.title}`)}\n\n${prose(found.text, context.width)}`,
  )
  return 0
}

type Codes = Record<string, {title: string; text: string}>

/** The test bed is no part of the bundle: what `dev cluster` and `npm test` say is told where they can be run. */
async function testbedCodes(): Promise<Codes> {
  const file = join(repositoryRoot(), 'testbed/problems.ts')
  if (!existsSync(file)) return {}
  const {codes} = (await import(pathToFileURL(file).href)) as {codes: Codes}
  return codes
}

// Paragraphs are wrapped; examples, which are indented, keep their lines.
function prose(text: string, width: number | undefined): string {
  return text
    .split('\n')
    .map(line => (line.startsWith(' ') || line === '' ? `${line}\n` : paragraph(line, {width: width ?? 80})))
    .join('')
}
