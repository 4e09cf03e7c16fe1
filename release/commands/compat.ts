import {type Candidate, type Companion, withGiven} from '../matrix/compat/index.ts'
import type {Run} from './command.ts'
import {givenOf} from './compat-given.ts'
import {type Paint, print, table} from './output.ts'
import {loadMatrixOnly} from './workspace.ts'

export const run: Run = async (args, context) => {
  const {matrix} = await loadMatrixOnly(context)
  const given = givenOf(matrix, args.list('with'), args.list('set'))
  const product = matrix.product.component
  const versions = {[product]: matrix.release?.version ?? 'unknown', ...given.versions}
  const components = withGiven(matrix, given)
  print(context, {given: {...given, versions}, components}, paint => {
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
  // No listed version is known to work, and yet a rule names a range: that is what can be said.
  const works = named('yes') || (range ?? '')
  return [component, level, paint('green', works), paint('red', named('no')), named('unknown')]
}
