import {fail} from '#lib/diagnostics.ts'
import type {Lock} from '#release/kernels/lock-schema.ts'
import type {Matrix} from '#release/matrix/schema/index.ts'
import type {ComponentDescriptor} from '#release/plan/component.ts'
import {chartData, chartFiles} from './chart/index.ts'
import {type CliReference, cliPage} from './cli/index.ts'
import {admissionFiles, deployFiles, renovateFile} from './deploy/index.ts'
import {generateDevice, generateModuleVersion} from './device/index.ts'
import type {Device} from './device/schema.ts'
import type {Changes} from './docs/changes.ts'
import {documents, type OtherMatrix, upgradingGuides} from './docs/index.ts'
import type {GeneratedFile} from './file.ts'
import {projectFiles} from './project.ts'
import {workflowFiles} from './workflows/index.ts'

export type {GeneratedFile} from './file.ts'

/** Everything that generated files are made of, already read and found sound. */
export type GenerateInput = {
  matrix: Matrix
  /** components/*.yaml, in any order. */
  components: readonly ComponentDescriptor[]
  /** Where the matrix stands, from the root. */
  file: string
  /** The other matrices of matrix/, in any order. */
  others?: readonly OtherMatrix[]
  /** matrix/changes/*.yaml, in any order. */
  changes: readonly Changes[]
  /** Only a matrix without kernels needs none. */
  lock?: Lock | undefined
  /** The device contract, components/device.yaml. */
  device?: Device | undefined
  /** The command line's own description; left out, docs/reference/cli.md is not made. */
  cli?: CliReference | undefined
  /** The JSON schemas for editors (schemas.ts), which depend on the program alone. */
  schemas?: readonly GeneratedFile[]
}

/**
 * All generated files of the checkout, by path in bytewise order. Pure: the same input gives the same bytes.
 * @throws DiagnosticError G001, G002 and G004 (chart/data.ts), G003 when two generators write the same file, and those
 *   of docs/index.ts
 */
export function generate({
  matrix,
  file,
  others = [],
  changes,
  lock,
  device,
  cli,
  schemas = [],
  ...rest
}: GenerateInput): GeneratedFile[] {
  // Readers list a folder in any order, and pages list components in the order that they get.
  const components = [...rest.components].sort((a, b) => (a.id < b.id ? -1 : 1))
  return inOrder([
    ...(matrix.kernels && lock
      ? deviceStack({matrix, components, changes, lock, device})
      : projectFiles({matrix, file, components, changes})),
    ...upgradingGuides(others),
    ...(cli ? [cliPage(cli)] : []),
    ...schemas,
  ])
}

/** A product with kernel modules and a device contract: its chart, manifests, workflows and pages are made of these. */
function deviceStack({
  matrix,
  components,
  changes,
  lock,
  device,
}: Pick<GenerateInput, 'matrix' | 'components' | 'changes' | 'device'> & {lock: Lock}): GeneratedFile[] {
  const chart = chartData({matrix, components, lock, device})
  return [
    ...chartFiles(chart),
    ...deployFiles(chart),
    ...admissionFiles(matrix, components),
    renovateFile(),
    ...workflowFiles(matrix),
    ...documents({matrix, changes, components, lock}),
    ...(device ? [...generateDevice(device), ...generateModuleVersion(chart.version)] : []),
  ]
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
