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
    const at = name.startsWith('oci://') ? name : resolve(besides(from, name), name)
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

/** The folder from which a path counts; of what was published none is known. @throws DiagnosticError C083 */
function besides(from: string, name: string): string {
  if (!from.startsWith('oci://')) return dirname(from)
  fail({
    code: 'C083',
    message: `${from} uses ${name}, a file, and files were not published with it`,
    hint: 'ask its maintainers to name it by oci://…@sha256:…; until then take the file that they have written',
  })
}
