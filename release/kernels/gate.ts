/** May a node image with this kernel be rolled out? The question of a pipeline that builds node images. */
import {type CoverageInput, type CoverageRow, coverage} from './coverage.ts'

export type Gate = {
  kernel: string
  /** Only what is known to work passes. */
  allowed: boolean
  reasons: string[]
  row: CoverageRow
  exit: 0 | 1
}

/**
 * Judges one kernel as if a node ran it. An image of which nobody knows whether it exists does not pass.
 * @throws DiagnosticError K004 a mapping that Go would refuse
 */
export async function gate(
  kernel: string,
  input: Omit<CoverageInput, 'nodes'>,
  arch?: string,
): Promise<Gate> {
  const {rows} = await coverage({...input, nodes: [{kernel, ...(arch === undefined ? {} : {arch})}]})
  const [row] = rows
  if (!row) throw new Error('coverage answers for every node')
  const allowed = row.covered === 'yes'
  const took = row.mapping ? [`mapping ${row.mapping.index + 1} takes it: ${row.mapping.text}`] : []
  return {kernel, allowed, reasons: [...took, row.reason], row, exit: allowed ? 0 : 1}
}
