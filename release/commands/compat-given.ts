import {type Diagnostic, DiagnosticError} from '#lib/diagnostics.ts'
import {didYouMean} from '#lib/did-you-mean.ts'
import {parseRunning} from '../lib/range-text.ts'
import type {Given} from '../matrix/compat/index.ts'
import type {Matrix} from '../matrix/schema/index.ts'

/**
 * Reads what was given on the command line.
 * @param versions `kubernetes=1.36`
 * @param values `kernelModule.enabled=true`
 * @throws C007 not NAME=VALUE, C008 not a version, C009 the matrix has no such component or value; all at once, exit 2
 */
export function givenOf(matrix: Matrix, versions: readonly string[], values: readonly string[]): Given {
  const problems: Diagnostic[] = []
  const pairs = (texts: readonly string[], known: readonly string[], noun: string) =>
    Object.fromEntries(
      texts.flatMap(text => {
        const pair = /^([^=]+)=(.+)$/s.exec(text)
        const [, name = '', value = ''] = pair ?? []
        if (!pair) problems.push(notPair(text))
        else if (!known.includes(name)) problems.push(unknownName(name, known, noun))
        return [[name, value]]
      }),
    )
  const settings = Object.values(matrix.components).flatMap(c => Object.keys(c.values))
  const given = {
    versions: pairs(versions, Object.keys(matrix.components), 'component'),
    values: pairs(values, settings, 'value'),
  }
  for (const [name, version] of Object.entries(given.versions)) {
    const {problem} = parseRunning(version, matrix.components[name]?.scheme ?? 'opaque')
    if (problem) problems.push(notVersion(name, problem))
  }
  if (problems.length > 0) throw new DiagnosticError(problems, 2)
  return given
}

function notVersion(name: string, {message, expected}: {message: string; expected: string}): Diagnostic {
  return {code: 'C008', severity: 'error', message: `${name}: ${message}`, expected}
}

function notPair(text: string): Diagnostic {
  return {
    code: 'C007',
    severity: 'error',
    message: `${JSON.stringify(text)} is not NAME=VALUE`,
    expected: 'such as kubernetes=1.36, or --set kernelModule.enabled=true',
  }
}

function unknownName(name: string, known: readonly string[], noun: string): Diagnostic {
  const near = didYouMean(name, known)
  return {
    code: 'C009',
    severity: 'error',
    message: `the matrix has no ${noun} ${name}`,
    hint: near ? `did you mean ${near}?` : `it has ${known.join(', ')}`,
  }
}
