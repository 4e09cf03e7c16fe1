/**
 * Devices out of a topology file (the emulated device's own format), for clusters without the kernel module.
 * Loaded only when asked for: it brings the YAML reader with it.
 */
import {createHash} from 'node:crypto'
import {readFile} from 'node:fs/promises'
import {z} from 'zod'
import {type Diagnostic, DiagnosticError, fail} from '#lib/diagnostics.ts'
import {capabilities, identity, limits} from '#lib/generated/device.ts'
import {shapeProblems} from '#lib/shape.ts'
import {parseYaml} from '#lib/yaml.ts'
import {byName, type Device, type Source} from './device.ts'

const units = {'': 0n, Ki: 10n, Mi: 20n, Gi: 30n, Ti: 40n} as const
const sizePattern = /^(\d{1,18})(Ki|Mi|Gi|Ti)?$/
const size = z
  .string()
  .regex(sizePattern, 'must be bytes such as 256Mi or 16Gi')
  .transform(text => {
    const [, digits = '0', unit = ''] = sizePattern.exec(text) ?? []
    return BigInt(digits) << units[unit as keyof typeof units]
  })
const whole = (to: number) =>
  z
    .string()
    .refine(text => /^\d{1,9}$/.test(text) && Number(text) <= to, `must be a whole number from 0 to ${to}`)
    .transform(Number)

/** What describes only the guest (its memory and processors, SR-IOV's flavour) is let pass. */
const schema = z.strictObject({
  apiVersion: z.literal('mock-accel/v1'),
  kind: z.literal('Topology'),
  node: z.string().optional(),
  sriov: z.enum(['qemu', 'plain', 'off']).optional(),
  memory: size.optional(),
  cpus: whole(255).optional(),
  numa: z
    .array(z.strictObject({id: whole(127), memory: size.optional(), cpus: whole(255).optional()}))
    .optional(),
  devices: z.array(
    z.strictObject({
      name: z.string().optional(),
      numa: whole(127).optional(),
      label: z.string().min(1).max(limits.LABEL_MAX).optional(),
      uuid: z
        .string()
        .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, 'must be a UUID')
        .optional(),
      memory: size.optional(),
      vfs: whole(limits.VFS_MAX).optional(),
    }),
  ),
})
type TopologyFile = z.output<typeof schema>

const defaultMemory = 16n << 30n

/**
 * The file is read with each scan, so that devices come and go with it.
 * @throws DiagnosticError from `check`: N030 not readable, Y and M with their places
 */
export function simulatedSource(file: string, node: string): Source & {check(): Promise<void>} {
  let devices: Device[] = []
  const scan = async () => {
    const bytes = await readFile(file).catch(error =>
      fail({code: 'N030', message: `the topology can't be read: ${error.message}`}, 3),
    )
    devices = invent(parseTopology(bytes, file), node)
    return devices
  }
  return {
    scan,
    isSame: name => devices.some(device => device.name === name),
    setStatus: async () => {},
    setPassphraseLength: async () => {},
    canReset: () => true,
    reset: async () => {},
    watch: () => () => undefined,
    check: async () => void (await scan()),
  }
}

export function parseTopology(bytes: Uint8Array | string, file: string): TopologyFile {
  const source = parseYaml(bytes, file)
  if (source.diagnostics.length > 0) throw new DiagnosticError(source.diagnostics, 1)
  const result = schema.safeParse(source.value)
  if (!result.success) throw new DiagnosticError(shapeProblems(result.error.issues, schema, source), 1)
  const numa = result.data.numa?.map(one => one.id) ?? []
  const problems = result.data.devices.flatMap((device, i): Diagnostic[] =>
    device.numa === undefined || numa.includes(device.numa)
      ? []
      : [
          {
            code: 'N031',
            severity: 'error',
            message: `NUMA node ${device.numa} is not described`,
            place: source.locate(['devices', i, 'numa']),
            hint: 'add it to `numa`',
          },
        ],
  )
  if (problems.length > 0) throw new DiagnosticError(problems, 1)
  return result.data
}

/** PFs in the file's order, each with its VFs; the same file gives the same devices on the same node. Pure. */
export function invent(topology: TopologyFile, node: string): Device[] {
  const counts = new Map<number | undefined, number>()
  return topology.devices
    .flatMap((described, index) => {
      const before = counts.get(described.numa) ?? 0
      counts.set(described.numa, before + 1)
      const where = described.numa === undefined ? '' : `-NUMA${described.numa}`
      const label = described.label ?? `${node.toUpperCase()}${where}-PF${before}`.slice(-limits.LABEL_MAX)
      return family(described, index, label)
    })
    .sort(byName)
}

function family(described: TopologyFile['devices'][number], index: number, label: string): Device[] {
  const {numa, memory = defaultMemory, vfs = 0} = described
  const bits = Object.entries(capabilities).filter(([name]) => name !== 'sriov' || vfs > 0)
  const common = {
    fwVersion: '1.0.0',
    pcieRoot: `pci0000:${hex(numa ?? 0)}`,
    health: 'ok' as const,
    ...(numa === undefined ? {} : {numaNode: numa}),
  }
  const address = (fn: number) => `0000:${hex(16 + (index % 240))}:${hex(fn >> 3)}.${fn & 7}`
  const pf: Device = {
    ...common,
    name: `mock${index}`,
    type: 'pf',
    uuid: described.uuid?.toLowerCase() ?? uuidOf(label),
    label,
    memory,
    capabilities: bits.reduce((register, [, bit]) => register | (1 << bit), 0),
    pciAddress: address(0),
  }
  const align = BigInt(limits.VF_MEMORY_ALIGN)
  const share = (memory / BigInt(vfs + 1) / align) * align
  const children = Array.from({length: vfs}, (_, i): Device => {
    const vfLabel = identity.vfLabel.replace('{pf}', label).replace('{index}', String(i))
    return {
      ...common,
      name: `mock${index}v${i}`,
      type: 'vf',
      uuid: uuidOf(vfLabel),
      label: vfLabel,
      memory: share,
      capabilities: pf.capabilities & ~(1 << capabilities.sriov),
      pciAddress: address(i + 1),
      physfn: pf.name,
    }
  })
  return [pf, ...children]
}

const hex = (value: number) => value.toString(16).padStart(2, '0')

/** Version 5 (RFC 9562) in the device's namespace. */
function uuidOf(name: string): string {
  const namespace = Buffer.from(identity.namespace.replaceAll('-', ''), 'hex')
  const hash = createHash('sha1').update(namespace).update(name).digest().subarray(0, 16)
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80
  const text = hash.toString('hex')
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join(
    '-',
  )
}
