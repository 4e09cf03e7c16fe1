import {type Diagnostic, DiagnosticError, type Place} from '#lib/diagnostics.ts'

export function problem(place: Place, message: string): Diagnostic {
  return {
    code: 'I001',
    severity: 'error',
    message,
    place,
    expected: 'the file as its project publishes it',
    hint: 'if the project has changed its format, the importer has to follow',
  }
}

export function refuse(problems: readonly Diagnostic[]): never {
  throw new DiagnosticError(problems)
}
