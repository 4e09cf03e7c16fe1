import {dirname, resolve} from 'node:path'
import {DiagnosticError, fail} from '#lib/diagnostics.ts'
import {composeMatrices, type Used} from '../matrix/compose.ts'
import type {Matrix} from '../matrix/schema/index.ts'
import {readMatrix, type Where} from './read-files.ts'

type Uses = Matrix['uses']

/**
 * A matrix with all that it builds on, and what these build on. Paths are relative to the file that names them.
 * @param from where the matrix stands: a path, or `oci://…`
 * @throws DiagnosticError C083 that cannot be joined, and all that is wrong with those that it uses
 */
export async function withUsed(matrix: Matrix, from: string, context: Where): Promise<Matrix> {
  return composeMatrices(matrix, await readUsed(matrix.uses, from, context, [from]))
}

/**
 * One matrix of those that a site uses, the first being the one that gives its product.
 * @throws as `withUsed`
 */
export async function matrixOfUses(uses: Uses, from: string, context: Where): Promise<Matrix | undefined> {
  const [first, ...others] = await readUsed(uses, from, context, [])
  return first && composeMatrices(first.matrix, others)
}

async function readUsed(uses: Uses, from: string, context: Where, on: readonly string[]): Promise<Used[]> {
  const used: Used[] = []
  for (const {matrix: name, components} of uses) {
    const at = name.startsWith('oci://') || from.startsWith('oci://') ? name : resolve(dirname(from), name)
    if (on.includes(at))
      fail({
        code: 'C083',
        message: `the matrix ${name} uses itself: ${[...on, at].join(' → ')}`,
        hint: 'leave one `uses` out',
      })
    const {value, diagnostics} = await readMatrix({...context, matrix: at}, true, false)
    if (!value) throw new DiagnosticError(diagnostics)
    const own = await readUsed(value.uses, at, context, [...on, at])
    used.push({matrix: composeMatrices(value, own), components})
  }
  return used
}
