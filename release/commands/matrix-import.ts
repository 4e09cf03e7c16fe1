import {type Diagnostic, DiagnosticError} from '#lib/diagnostics.ts'
import {didYouMean} from '#lib/did-you-mean.ts'
import {compareApis} from '../matrix/import/apis.ts'
import {compareTable, type Finding} from '../matrix/import/compare.ts'
import {formats} from '../matrix/import/formats.ts'
import type {Matrix} from '../matrix/schema/index.ts'
import type {Args, Run} from './command.ts'
import {print, table} from './output.ts'
import {readGiven} from './read-files.ts'
import {loadMatrixOnly} from './workspace.ts'

/** Says what the matrix does not know of a published table; 1 when there is anything. Changes nothing. */
export const run: Run = async (args, context) => {
  const {matrix} = await loadMatrixOnly(context)
  const [format = '', file = ''] = args.words
  const {component, platform} = namesOf(args, matrix, format)
  const bytes = await readGiven(context, file)
  const published = formats[format]?.read(new TextDecoder().decode(bytes), file) ?? {rows: [], remarks: []}
  const findings = published.apis
    ? compareApis(matrix, published.apis, component)
    : compareTable(matrix, published, component, platform)
  print(context, {format, component, remarks: published.remarks, findings}, paint => {
    const remarks = published.remarks.map(remark => `! ${remark}\n`).join('')
    if (findings.length === 0) return `${remarks}The matrix says what the table says of ${component}.\n`
    const rows = findings.map((f: Finding) => [f.kind, `${component} ${f.version}`, f.text])
    return `${remarks}${table(['', 'version', 'finding'], rows, paint, context.width)}`
  })
  return findings.length === 0 ? 0 : 1
}

function namesOf(args: Args, matrix: Matrix, format: string): {component: string; platform?: string} {
  const axis = Object.entries(matrix.components).find(([, c]) => c.platform)?.[0]
  // Pluto's table is of several owners, and most of all of the platform's.
  const component = args.text('component') ?? (format === 'pluto' ? (axis ?? format) : format)
  const platform = args.text('platform') ?? axis
  const problems = [component, ...(platform ? [platform] : [])].flatMap(name => unknown(name, matrix) ?? [])
  if (problems.length > 0) throw new DiagnosticError(problems, 2)
  return {component, ...(platform && platform !== component ? {platform} : {})}
}

function unknown(name: string, matrix: Matrix): Diagnostic | undefined {
  const known = Object.keys(matrix.components)
  if (known.includes(name)) return undefined
  const near = didYouMean(name, known)
  return {
    code: 'C009',
    severity: 'error',
    message: `the matrix has no component ${name}`,
    hint: near ? `did you mean ${near}?` : 'name it with --component',
  }
}
