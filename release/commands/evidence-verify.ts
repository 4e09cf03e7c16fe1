import type {Evidence} from '../matrix/schema/evidence.ts'
import type {Run} from './command.ts'
import {trustedEvidence} from './evidence-files.ts'
import {type Paint, print, table} from './output.ts'
import {loadMatrixOnly} from './workspace.ts'

/** What evidence says, once its signature is found right. */
export const run: Run = async (args, context) => {
  const [word = ''] = args.words
  const {matrix} = await loadMatrixOnly(context)
  const found = await trustedEvidence(word, matrix, args, context)
  print(context, {evidence: found}, paint =>
    found.map(one => evidenceText(one, paint, context.width)).join('\n'),
  )
  return 0
}

function evidenceText(
  {product, version, commit, signer, run, date, records}: Evidence & {product: string},
  paint: Paint,
  width: number | undefined,
): string {
  const head = `${product} ${version}, commit ${commit}, on ${date}, signed by ${signer}${run ? `\n${run}` : ''}`
  const rows = records.map(({test, proves, versions}) => [
    proves.join(' ') || '–',
    Object.entries(versions)
      .map(([name, v]) => `${name} ${v}`)
      .join(', '),
    test,
  ])
  return `${paint('bold', head)}\n\n${table(['PROVES', 'WITH', 'TEST'], rows, paint, width)}`
}
