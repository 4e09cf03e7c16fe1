import {type Diagnostic, DiagnosticError, type Place} from '#lib/diagnostics.ts'
import {parseYaml, type YamlSource} from '#lib/yaml.ts'

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

/** @throws DiagnosticError what is wrong with the YAML itself, all at once */
export function readYaml(text: string, file: string): YamlSource {
  const source = parseYaml(text, file)
  return source.diagnostics.length > 0 ? refuse(source.diagnostics) : source
}
