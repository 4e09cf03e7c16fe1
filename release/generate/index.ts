import {fail} from '#lib/diagnostics.ts'
import type {Lock} from '#release/kernels/lock-schema.ts'
import type {Matrix} from '#release/matrix/schema/index.ts'
import type {ComponentDescriptor} from '#release/plan/component.ts'
import {chartData, chartFiles} from './chart/index.ts'
import {deployFiles, renovateFile} from './deploy/index.ts'
import {generateDevice} from './device/index.ts'
import type {Device} from './device/schema.ts'
import type {GeneratedFile} from './file.ts'

export type {GeneratedFile} from './file.ts'

/** Everything that generated files are made of, already read and found sound. */
export type GenerateInput = {
  matrix: Matrix
  components: readonly ComponentDescriptor[]
  lock: Lock
  device: Device
}

/**
 * All generated files of the checkout, by path in bytewise order. Pure: the same input gives the same bytes.
 * @throws DiagnosticError G001 and G002 (chart/data.ts), G003 when two generators write the same file
 */
export function generate({matrix, components, lock, device}: GenerateInput): GeneratedFile[] {
  const chart = chartData({matrix, components, lock, dockerfiles: []})
  return inOrder([...generateDevice(device), ...chartFiles(chart), ...deployFiles(chart), renovateFile()])
}

function inOrder(files: readonly GeneratedFile[]): GeneratedFile[] {
  const byPath = new Map<string, GeneratedFile>()
  for (const file of files) {
    if (byPath.has(file.path))
      fail({
        code: 'G003',
        message: `two generators write ${file.path}`,
        hint: 'give kernel lines and components different ids; else this is a fault of the generators',
      })
    byPath.set(file.path, file)
  }
  return [...byPath.values()].sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)))
}
