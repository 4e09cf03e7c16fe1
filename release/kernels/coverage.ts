/** Which kernels of a fleet get a module image, by KMM's rules, and why the others do not. */
import {DiagnosticError} from '#lib/diagnostics.ts'
import type {KernelLine} from '#release/matrix/schema/kernels.ts'
import type {ImageExists} from './images.ts'
import {type Choice, type ModuleName, mappingChooser, trimKernel} from './kmm.ts'
import type {FleetNode} from './nodes.ts'
import {charactersFollowed, takes} from './shadow.ts'
import {type KernelMapping, mappingText} from './types.ts'

export type CoverageInput = {
  nodes: readonly FleetNode[]
  /** In the Module's order; `line` is undefined for mappings that are not ours, such as extraKernelMappings. */
  mappings: readonly {line?: string; mapping: KernelMapping}[]
  /** The matrix's lines: they tell architectures, planned kernels and the nearest line. */
  lines: readonly KernelLine[]
  exists: ImageExists
  module?: ModuleName
}

export type CoverageRow = {
  /** The raw name. */
  kernel: string
  arch?: string
  /** Names of the nodes that run it; a node without a name counts in `count` only. */
  nodes: string[]
  count: number
  mapping?: {index: number; text: string; line?: string}
  image?: string
  tag?: string
  /** `build`: KMM builds it in the cluster when it is absent. */
  exists?: 'yes' | 'no' | 'unknown' | 'build'
  /** Whether a node with this kernel gets its module; `unknown` when nobody told about the image. */
  covered: 'yes' | 'no' | 'unknown'
  reason: string
  /** The line whose expression follows the name furthest, when none takes it. */
  nearest?: {line: string; match: string; differs: string}
}

export type Coverage = {
  rows: CoverageRow[]
  summary: {nodes: number; kernels: number; yes: number; no: number; unknown: number}
  /** 1 when a kernel gets no module or its image is missing. */
  exit: 0 | 1
}

/**
 * One row for each kernel and architecture of the fleet, by kernel name.
 * @throws DiagnosticError K004 a mapping that Go would refuse
 */
export async function coverage(input: CoverageInput): Promise<Coverage> {
  const choose = await mappingChooser(
    input.mappings.map(m => m.mapping),
    input.module,
  )
  const groups = Map.groupBy(input.nodes, node => `${node.kernel} ${node.arch ?? ''}`)
  const keys = [...groups.keys()].sort()
  const rows = keys.map(key => rowOf(groups.get(key) ?? [], choose, input))
  const count = (covered: CoverageRow['covered']) => rows.filter(r => r.covered === covered).length
  const summary = {
    nodes: input.nodes.length,
    kernels: rows.length,
    yes: count('yes'),
    no: count('no'),
    unknown: count('unknown'),
  }
  return {rows, summary, exit: summary.no > 0 ? 1 : 0}
}

function rowOf(
  nodes: readonly FleetNode[],
  choose: (kernel: string) => Choice | undefined,
  input: CoverageInput,
): CoverageRow {
  const [{kernel, arch} = {kernel: ''}] = nodes
  const names = nodes.flatMap(({name}) => name ?? []).sort()
  const head = {kernel, ...(arch === undefined ? {} : {arch}), nodes: names, count: nodes.length}
  let choice: Choice | undefined
  try {
    choice = choose(kernel)
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    return {...head, covered: 'no', reason: error.diagnostics[0]?.message ?? error.message}
  }
  return choice ? {...head, ...chosenRow(choice, arch, input)} : {...head, ...uncoveredRow(kernel, input)}
}

type Verdict = Omit<CoverageRow, 'kernel' | 'arch' | 'nodes' | 'count'>

function chosenRow(
  {index, mapping, image, tag}: Choice,
  arch: string | undefined,
  input: CoverageInput,
): Verdict {
  const id = input.mappings[index]?.line
  const line = input.lines.find(l => l.id === id)
  const there = input.exists(image)
  const exists = there ? 'yes' : mapping.build ? 'build' : there === undefined ? 'unknown' : 'no'
  const found = {
    mapping: {index, text: mappingText(mapping), ...(id === undefined ? {} : {line: id})},
    image,
    ...(tag === undefined ? {} : {tag}),
    exists,
  } as const
  if (line && arch !== undefined && line.arch !== arch)
    return {...found, covered: 'no', reason: `line ${line.id} is for ${line.arch}, the node is ${arch}`}
  const eol = line?.state === 'eol' ? `; line ${line.id} is at its end and stays at this image` : ''
  if (exists === 'no') return {...found, covered: 'no', reason: `the image ${image} does not exist${eol}`}
  if (exists === 'unknown')
    return {...found, covered: 'unknown', reason: `whether ${image} exists was not looked up${eol}`}
  const built =
    exists === 'build'
      ? 'KMM builds the image in the cluster, with kernelModule.build.enabled in the chart'
      : 'the image exists'
  return {...found, covered: 'yes', reason: `${built}${eol}`}
}

function uncoveredRow(kernel: string, {lines}: CoverageInput): Verdict {
  const name = trimKernel(kernel)
  const planned = lines.find(
    line => line.state === 'planned' && (line.kernels.includes(name) || takes(line.match, name)),
  )
  if (planned)
    return {
      covered: 'no',
      reason: `no mapping takes it: line ${planned.id} is only planned, it has no image yet`,
    }
  const nearest = nearestLine(name, lines)
  if (!nearest) return {covered: 'no', reason: 'no mapping takes it, and no line comes near'}
  const reason = `no mapping takes it; nearest is line ${nearest.line}, from which it differs at ${nearest.differs}`
  return {covered: 'no', reason, nearest}
}

function nearestLine(kernel: string, lines: readonly KernelLine[]): CoverageRow['nearest'] {
  let best: {line: KernelLine; length: number} | undefined
  for (const line of lines) {
    const length = charactersFollowed(line.match, kernel) ?? 0
    if (length > (best?.length ?? 0)) best = {line, length}
  }
  if (!best) return undefined
  const rest = kernel.slice(best.length)
  const differs =
    rest === '' ? 'its end' : `${JSON.stringify(rest)} after ${JSON.stringify(kernel.slice(0, best.length))}`
  return {line: best.line.id, match: best.line.match, differs}
}
