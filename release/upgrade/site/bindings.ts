import {type Diagnostic, DiagnosticError, type Place} from '#lib/diagnostics.ts'
import type {YamlSource} from '#lib/yaml.ts'
import {runningVersion, type Scheme} from '../../lib/versions.ts'
import type {Bindings, Matrix} from '../../matrix/schema/index.ts'
import {readField} from './field.ts'

/** One component of a site, with what its file says. */
export type Bound = {
  /** As an upgrade request names it: `kubelet@gpu`. */
  readonly name: string
  readonly owner: Bindings['bindings'][number]['owner']
  /** In the words of the component's scheme; undefined where only the live cluster knows. */
  readonly version: string | undefined
  readonly where: string
  readonly place?: Place
}

/**
 * Reads the versions that a site's files say.
 * @param read the text of a file, relative to the bindings; undefined when there is none
 * @throws DiagnosticError J022 an unknown component, J023 a missing file, J020 and J021 of fields; all at once
 */
export function readBindings(
  bindings: Bindings,
  source: YamlSource,
  matrix: Matrix,
  read: (file: string) => string | undefined,
): Bound[] {
  const problems: Diagnostic[] = []
  const bound = bindings.bindings.flatMap((binding, i): Bound[] => {
    const {component, instance, owner, at} = binding
    const name = instance === undefined ? component : `${component}@${instance}`
    const scheme = Object.hasOwn(matrix.components, component)
      ? matrix.components[component]?.scheme
      : undefined
    if (!scheme) {
      problems.push({
        code: 'J022',
        severity: 'error',
        message: `the matrix has no component ${component}`,
        place: source.locate(['bindings', i, 'component']),
      })
      return []
    }
    if ('object' in at) return [{name, owner, version: undefined, where: `${at.object} ${at.path}`}]
    const text = read(at.file)
    if (text === undefined) {
      problems.push({
        code: 'J023',
        severity: 'error',
        message: `there is no file ${at.file}`,
        place: source.locate(['bindings', i, 'at', 'file']),
      })
      return []
    }
    try {
      const {value, place} = readField(text, at.file, at.path)
      return [{name, owner, version: versionIn(value, scheme), where: `${at.file} ${at.path}`, place}]
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error
      problems.push(...error.diagnostics)
      return []
    }
  })
  if (problems.length > 0) throw new DiagnosticError(problems)
  return bound
}

/** The version in a field that may hold more: `ghcr.io/acme/app:v1.2.0` of an image, `~> 5.100` of Terraform. */
function versionIn(value: string, scheme: Scheme): string {
  if (scheme === 'opaque') return value
  const bare = value.replace(/@sha256:.*$/s, '').replace(/^.*\/[^/:]*:/, '')
  return runningVersion(bare.replace(/^[~^<>=! ]+/, ''), scheme)
}
