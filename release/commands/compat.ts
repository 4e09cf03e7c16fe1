import {type Candidate, type Companion, withGiven} from '../matrix/compat/index.ts'
import type {Level} from '../matrix/schema/facts.ts'
import type {Run} from './command.ts'
import {givenOf} from './compat-given.ts'
import {type Paint, print, table} from './output.ts'
import {loadMatrixValue} from './workspace.ts'

export const run: Run = async (args, context) => {
  const matrix = await loadMatrixValue(context)
  const given = givenOf(matrix, args.list('with'), args.list('set'))
  const product = matrix.product.component
  // Whoever asks about Kubernetes alone asks about it with this release.
  const versions = {[product]: matrix.release?.version ?? 'unknown', ...given.versions}
  const asked = {...given, versions}
  const components = withGiven(matrix, asked)
  print(context, {given: asked, components}, paint => {
    const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
    const rows = components.map(c => row(c, paint))
    const list = table(['COMPONENT', 'LEVEL', 'WORKS', 'DOES NOT', 'UNKNOWN'], rows, paint, context.width)
    return `${paint('bold', `with ${named.join(', ')}`)}\n\n${list}`
  })
  return 0
}

function row({component, level, range, versions}: Companion, paint: Paint): string[] {
  const named = (answer: Candidate['answer']) =>
    versions
      .filter(v => v.answer === answer)
      .map(v => v.version)
      .join(' ')
  // Where no version is listed, the range that the rules name is all that can be said.
  const works = named('yes') || (range ?? '')
  return [
    component,
    weakest(versions) ?? level,
    paint('green', works),
    paint('red', named('no')),
    named('unknown'),
  ]
}

/** The level of the works column: that of its least certain version. */
function weakest(versions: readonly Candidate[]): Level | undefined {
  const levels = versions.filter(v => v.answer === 'yes').map(v => v.level)
  return (['expected', 'supported', 'tested'] as const).find(l => levels.includes(l))
}
