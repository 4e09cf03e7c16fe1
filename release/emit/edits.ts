import {type Diagnostic, DiagnosticError} from '#lib/diagnostics.ts'
import type {Bindings} from '../matrix/schema/index.ts'
import type {Hop} from '../upgrade/plan.ts'
import {editField} from '../upgrade/site/edit.ts'
import {movedNames} from './standing.ts'

type Binding = Bindings['bindings'][number]

/** A file before and after a hop; paths are those of the bindings. */
export type FileEdit = {
  readonly file: string
  readonly before: string
  readonly after: string
}

/** The bindings of what a hop moves. */
export function bindingsOf(hop: Hop, bindings: Bindings): Binding[] {
  const names = movedNames(hop)
  return bindings.bindings.filter(({component, instance}) =>
    names.includes(instance === undefined ? component : `${component}@${instance}`),
  )
}

/**
 * The bindings of a hop in parts, in the order in which they have to move (CRDs before their controller): a commit has no
 * order, so each part is a commit of its own. Only what stands in files.
 */
export function partsOf(hop: Hop, bindings: Bindings): Binding[][] {
  const bound = bindingsOf(hop, bindings).filter(({at}) => 'file' in at)
  return movedNames(hop)
    .map(name =>
      bound.filter(
        ({component, instance}) => name === (instance === undefined ? component : `${component}@${instance}`),
      ),
    )
    .filter(part => part.length > 0)
}

/**
 * A part of a hop as edits of files.
 * @throws DiagnosticError J103 the hop uninstalls, J023 a missing file, J020 to J025 of fields; all at once
 */
export function partEdits(
  hop: Hop,
  part: readonly Binding[],
  read: (file: string) => string | undefined,
): FileEdit[] {
  const texts = new Map<string, FileEdit>()
  const problems: Diagnostic[] = []
  for (const {at} of part) {
    if (!('file' in at)) continue
    const {file, path} = at
    const before = texts.get(file)?.before ?? read(file)
    if (before === undefined)
      problems.push({code: 'J023', severity: 'error', message: `there is no file ${file}`})
    else if (hop.to === 'absent' || hop.from === 'absent') problems.push(reinstalls(hop, file))
    else
      try {
        const after = editField(texts.get(file)?.after ?? before, file, path, hop.from, hop.to)
        texts.set(file, {file, before, after})
      } catch (error) {
        if (!(error instanceof DiagnosticError)) throw error
        problems.push(...error.diagnostics)
      }
  }
  if (problems.length > 0) throw new DiagnosticError(problems)
  return [...texts.values()]
}

function reinstalls({number, component, to}: Hop, file: string): Diagnostic {
  const what = to === 'absent' ? 'uninstalls' : 'installs'
  return {
    code: 'J103',
    severity: 'error',
    message: `hop ${number} ${what} ${component}, which is more than a version in ${file}`,
    hint: '`upgrade emit --to runbook` has the steps; then go on with --done',
  }
}
