import {LineCounter, parseAllDocuments} from 'yaml'
import {type Diagnostic, DiagnosticError} from '#lib/diagnostics.ts'
import type {Exec} from '../lib/effects.ts'
import {templateProblems} from './template-syntax.ts'

export type ChartFile = {path: string; text: string}

/**
 * What can be told of a chart without Helm: B012 a template is not closed, B013 data can't be read. All of it at once.
 * @param root the chart's folder, as the files' paths have it
 */
export function chartProblems(root: string, files: readonly ChartFile[]): Diagnostic[] {
  return files.flatMap(({path, text}) => {
    const inside = path.slice(root.length + 1)
    if (inside.startsWith('templates/')) return brokenTemplate(path, text)
    if (/^(?:(?:Chart|values)\.yaml|crds\/.*\.ya?ml)$/.test(inside)) return brokenYaml(path, text)
    return inside === 'values.schema.json' ? brokenJson(path, text) : []
  })
}

function brokenTemplate(file: string, text: string): Diagnostic[] {
  return templateProblems(text).map(({line, message}) => ({
    code: 'B012',
    severity: 'error',
    message: `${file}: ${message}`,
    place: {file, line, col: 1},
    hint: 'close it: `helm lint` tells more where Helm is installed',
  }))
}

function brokenYaml(file: string, text: string): Diagnostic[] {
  const lineCounter = new LineCounter()
  const documents = parseAllDocuments(text, {lineCounter})
  const errors = Array.isArray(documents) ? documents.flatMap(d => d.errors) : []
  return errors.map(({message, pos}) => {
    const {line, col} = lineCounter.linePos(pos[0])
    return unreadable(file, message.split('\n')[0] ?? '', line, col)
  })
}

function brokenJson(file: string, text: string): Diagnostic[] {
  try {
    JSON.parse(text)
    return []
  } catch (error) {
    return [unreadable(file, error instanceof Error ? error.message : String(error), 1, 1)]
  }
}

function unreadable(file: string, why: string, line: number, col: number): Diagnostic {
  return {code: 'B013', severity: 'error', message: `${file}: ${why}`, place: {file, line, col}}
}

/** Whether Helm itself has looked at a chart. */
export type HelmLint = 'passed' | 'no helm'

/**
 * Lets Helm look, where it is installed; nothing is built with it.
 * @param cwd the checkout, `root` the chart's folder from there
 * @throws B014 Helm finds something
 */
export async function helmLint(cwd: string, root: string, exec: Exec): Promise<HelmLint> {
  let result: Awaited<ReturnType<Exec['run']>>
  try {
    result = await exec.run(['helm', 'lint', '--quiet', root], {cwd})
  } catch (error) {
    if (error instanceof DiagnosticError && error.diagnostics.some(d => d.code === 'E020')) return 'no helm'
    throw error
  }
  if (result.code === 0) return 'passed'
  const said = `${result.stdout}\n${result.stderr}`.split('\n').filter(line => /\[ERROR\]|^Error:/.test(line))
  throw new DiagnosticError([
    {
      code: 'B014',
      severity: 'error',
      message: `Helm finds fault with ${root}: ${said.join(' ').trim() || `it ended with ${result.code}`}`,
      hint: `\`helm lint ${root}\` says the same; mend the chart, then build again`,
    },
  ])
}
