import {type KernelLine, kernelLine} from '#release/matrix/schema/kernels.ts'

/** A kernel line for tests, in the matrix's own form (every scalar is text). */
export function testLine(fields: Record<string, unknown>): KernelLine {
  const cited = {source: 'measured', asOf: '2026-11-21', level: 'tested', because: 'measured'}
  return kernelLine.parse({title: 'a line', arch: 'amd64', state: 'supported', ...cited, ...fields})
}
