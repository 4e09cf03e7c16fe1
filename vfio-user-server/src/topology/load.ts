import {type Diagnostic, DiagnosticError} from '#lib/diagnostics.ts'
import {limits} from '#lib/generated/device.ts'
import {shapeProblems} from '#lib/shape.ts'
import {parseYaml, type YamlPath, type YamlSource} from '#lib/yaml.ts'
import {pfIdentity} from '../identity.ts'
import {formatSize} from '../size.ts'
import {type TopologyFile, topologySchema} from './schema.ts'
import {
  defaultLabel,
  defaults,
  longestPfLabel,
  type PfDescription,
  portsOfOneBus,
  type Topology,
  vfsOfOneSlot,
} from './topology.ts'

/**
 * Reads a topology file.
 * @throws DiagnosticError with every problem at its place: Y of YAML, M of shape, U020 to U027 of meaning
 */
export function loadTopology(bytes: Uint8Array | string, file: string): Topology {
  const source = parseYaml(bytes, file)
  if (source.diagnostics.length > 0) throw new DiagnosticError(source.diagnostics, 1)
  const result = topologySchema.safeParse(source.value)
  if (!result.success)
    throw new DiagnosticError(shapeProblems(result.error.issues, topologySchema, source), 1)
  const topology = complete(result.data)
  const problems = [...machineProblems(result.data, source), ...deviceProblems(result.data, topology, source)]
  if (problems.length > 0) throw new DiagnosticError(problems, 1)
  return topology
}

function complete(file: TopologyFile): Topology {
  const numa = (file.numa ?? []).map(one => ({
    id: one.id,
    memory: one.memory ?? defaults.nodeMemory,
    cpus: one.cpus ?? 1,
  }))
  const node = file.node ?? defaults.node
  const sum = (values: bigint[]) => values.reduce((a, b) => a + b, 0n)
  return {
    node,
    sriov: file.sriov ?? 'qemu',
    numa,
    memory: numa.length > 0 ? sum(numa.map(one => one.memory)) : (file.memory ?? defaults.guestMemory),
    cpus: numa.length > 0 ? numa.reduce((all, one) => all + one.cpus, 0) : (file.cpus ?? 1),
    iommu: file.iommu,
    pfs: file.devices.map((device, index) => pfOf(file, node, device, index)),
  }
}

function pfOf(
  file: TopologyFile,
  node: string,
  device: TopologyFile['devices'][number],
  index: number,
): PfDescription {
  const before = file.devices.slice(0, index).filter(one => one.numa === device.numa).length
  const label = device.label ?? defaultLabel(node, device.numa, before)
  return {
    name: device.name ?? `pf${index}`,
    identity: device.uuid ? pfIdentity(device.uuid, label) : pfIdentity(label),
    memory: device.memory ?? defaults.deviceMemory,
    vfs: device.vfs ?? 0,
    numa: device.numa,
  }
}

type Problem = Omit<Diagnostic, 'severity' | 'place'>

function at(source: YamlSource, path: YamlPath, problem: Problem): Diagnostic {
  return {severity: 'error', place: source.locate(path), ...problem}
}

function machineProblems(file: TopologyFile, source: YamlSource): Diagnostic[] {
  const problems: Diagnostic[] = []
  const numa = file.numa ?? []
  for (const [i, {id}] of numa.entries())
    if (numa.findIndex(one => one.id === id) < i)
      problems.push(
        at(source, ['numa', i, 'id'], {code: 'U020', message: `NUMA node ${id} is described twice`}),
      )
  for (const key of ['memory', 'cpus'] as const)
    if (numa.length > 0 && file[key] !== undefined)
      problems.push(
        at(source, [key], {
          code: 'U021',
          message: `\`${key}\` of the machine and NUMA nodes exclude each other`,
          hint: `give \`${key}\` to each node`,
        }),
      )
  return problems
}

function deviceProblems(file: TopologyFile, topology: Topology, source: YamlSource): Diagnostic[] {
  const problems = topology.pfs.flatMap((pf, i) => [
    ...twice(topology.pfs, i, source),
    ...ofDevice(pf, i, file, topology, source),
  ])
  for (const [i, {id}] of topology.numa.entries()) {
    const ports = topology.pfs.filter(pf => pf.numa === id).length
    if (ports > portsOfOneBus)
      problems.push(
        at(source, ['numa', i], {
          code: 'U027',
          message: `NUMA node ${id} has ${ports} devices; its bus has ${portsOfOneBus} slots`,
          hint: 'spread them over more nodes',
        }),
      )
  }
  return problems
}

function twice(pfs: readonly PfDescription[], i: number, source: YamlSource): Diagnostic[] {
  const pf = pfs[i] as PfDescription
  const problem = (key: string, code: string, value: string, same: (one: PfDescription) => boolean) =>
    pfs.findIndex(same) < i
      ? [at(source, ['devices', i, key], {code, message: `two devices have the ${key} ${value}`})]
      : []
  return [
    // A device may be called as another one's VF is, before it as well as behind it.
    ...problem('name', 'U022', pf.name, one => {
      const [short, long] = one.name.length < pf.name.length ? [one.name, pf.name] : [pf.name, one.name]
      return short === long || long.startsWith(`${short}-vf`)
    }),
    ...problem('label', 'U023', pf.identity.label, one => one.identity.label === pf.identity.label),
    ...problem('uuid', 'U023', 'given here', one => one.identity.uuid.equals(pf.identity.uuid)),
  ].slice(0, 1)
}

function ofDevice(
  pf: PfDescription,
  i: number,
  file: TopologyFile,
  {sriov, numa}: Topology,
  source: YamlSource,
): Diagnostic[] {
  const problems: Diagnostic[] = []
  const report = (key: string, problem: Problem) => problems.push(at(source, ['devices', i, key], problem))
  if (pf.numa !== undefined && !numa.some(one => one.id === pf.numa))
    report('numa', {
      code: 'U024',
      message: `${pf.name} is on NUMA node ${pf.numa}, which is not described`,
      hint: file.numa
        ? `use one of ${numa.map(one => one.id).join(', ')}, or add it to \`numa\``
        : `add \`numa: [{id: ${pf.numa}}]\``,
    })
  if (sriov !== 'plain' && pf.vfs > vfsOfOneSlot)
    report('vfs', {
      code: 'U025',
      message: `${pf.name} has ${pf.vfs} VFs; QEMU has no ARI, so ${vfsOfOneSlot} are the most`,
      hint: `use ${vfsOfOneSlot} at most, or \`sriov: plain\` for another client`,
    })
  const least = BigInt(limits.VF_MEMORY_ALIGN) * BigInt(pf.vfs + 1)
  if (pf.memory < least)
    report('memory', {
      code: 'U026',
      message: `${pf.name} has too little memory to share with ${pf.vfs} VFs`,
      expected: `${formatSize(least)} at least`,
    })
  if (pf.vfs > 0 && pf.identity.label.length > longestPfLabel)
    report('label', {
      code: 'U028',
      message: `the label of ${pf.name} leaves no room for its VFs' labels`,
      expected: `${longestPfLabel} characters at most`,
    })
  return problems
}
