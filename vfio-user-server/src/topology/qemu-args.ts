import {vfName} from '../machine.ts'
import type {NumaNode, PfDescription, Topology} from './topology.ts'

/** The first bus behind an expander; what lies below is the machine's own. */
const firstBus = 0x20

/**
 * The arguments by which QEMU 11.1 or later has this machine: memory that the server can reach, NUMA nodes, and
 * every function on its own root port, VFs before their PF. Kernel, disks and accelerator are the caller's.
 * @param socketOf path of a function's socket by its name
 */
export function qemuArgs(topology: Topology, socketOf: (name: string) => string): string[] {
  const {numa, pfs} = topology
  const buses = numa.filter(node => pfs.some(pf => pf.numa === node.id))
  const loose = pfs.filter(pf => !numa.some(node => node.id === pf.numa))
  return [
    ...(numa.length > 0 ? numaArgs(numa) : plainArgs(topology)),
    ...(topology.iommu ? iommuArgs : []),
    ...expanders(buses, pfs),
    ...loose.flatMap(pf => device(pf, pfs.indexOf(pf), 'pcie.0', socketOf)),
    ...buses.flatMap(({id}) =>
      pfs.filter(pf => pf.numa === id).flatMap(pf => device(pf, pfs.indexOf(pf), `pxb${id}`, socketOf)),
    ),
  ]
}

/**
 * Before every device that it shall translate for. Caching mode tells the server of what the guest maps; interrupts
 * must be remapped for the guest to hand a device over, and KVM does that with its PIC outside of the kernel only.
 */
const iommuArgs = [
  ...['-machine', 'kernel-irqchip=split'],
  ...['-device', 'intel-iommu,intremap=on,caching-mode=on'],
]

function plainArgs({memory, cpus}: Topology): string[] {
  return [
    ...['-machine', 'q35,memory-backend=m0', '-smp', String(cpus), '-m', mebibytes(memory)],
    ...['-object', `memory-backend-memfd,id=m0,size=${memory},share=on`],
  ]
}

function numaArgs(numa: readonly NumaNode[]): string[] {
  const [cpus, memory] = [
    numa.reduce((n, one) => n + one.cpus, 0),
    numa.reduce((n, one) => n + one.memory, 0n),
  ]
  // One socket per node, where they are alike: a socket on two nodes is something that Linux warns of.
  const alike = numa.every(one => one.cpus === numa[0]?.cpus)
  const args = ['-machine', 'q35', '-smp', alike ? `${cpus},sockets=${numa.length}` : String(cpus)]
  args.push('-m', mebibytes(memory))
  let first = 0
  for (const {id, memory: size, cpus: count} of numa) {
    args.push('-object', `memory-backend-memfd,id=m${id},size=${size},share=on`)
    args.push('-numa', `node,nodeid=${id},cpus=${first}-${first + count - 1},memdev=m${id}`)
    first += count
  }
  return args
}

function mebibytes(bytes: bigint): string {
  return `${bytes >> 20n}M`
}

/** A host bridge per NUMA node: that is how a PCI device comes to have a node. */
function expanders(buses: readonly NumaNode[], pfs: readonly PfDescription[]): string[] {
  let bus = firstBus
  return buses.flatMap(({id}) => {
    const args = ['-device', `pxb-pcie,id=pxb${id},bus_nr=${bus},bus=pcie.0,numa_node=${id}`]
    bus += 1 + pfs.filter(pf => pf.numa === id).length
    return args
  })
}

function device(pf: PfDescription, index: number, bus: string, socketOf: (name: string) => string): string[] {
  const port = `rp${index}`
  // No I/O space: 4 KiB for each port would be more than there is from 14 ports on.
  const root = `pcie-root-port,id=${port},bus=${bus},chassis=${index + 1},slot=${index},io-reserve=0`
  const vfs = Array.from({length: pf.vfs}, (_, i) => vfioUser(port, i + 1, socketOf(vfName(pf.name, i))))
  return ['-device', root, ...vfs.flat(), ...vfioUser(port, 0, socketOf(pf.name), pf.vfs > 0)]
}

function vfioUser(bus: string, fn: number, path: string, multifunction = false): string[] {
  const options = {
    driver: 'vfio-user-pci',
    bus,
    addr: `0.${fn}`,
    ...(multifunction ? {multifunction} : {}),
    // There is no ROM, and QEMU would say so.
    rombar: 0,
    socket: {type: 'unix', path},
  }
  return ['-device', JSON.stringify(options)]
}

/** Arguments for a shell, a pair on each line. */
export function shellText(args: readonly string[]): string {
  const words = args.map(word =>
    /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`,
  )
  return `${words.join(' ').replace(/ (?=-[a-z]+ )/g, ' \\\n')}\n`
}
