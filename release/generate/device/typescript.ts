import {hex} from './hex.ts'
import type {Device, Register} from './schema.ts'

/** The constants of the vfio-user server and the DRA driver, `as const` so that names are types too. */
export function constants(device: Device): string {
  const {pci, bar, identity, sysfs, module, dra} = device
  return `// Generated from components/device.yaml; do not edit.

export const pci = ${literal({
    vendor: new Hex(pci.vendor, 4),
    class: new Hex(pci.class, 6),
    revision: new Hex(pci.revision, 2),
    configSize: pci.configSize,
    msiVectors: pci.msiVectors,
    device: Object.fromEntries(pci.functions.map(f => [f.type, new Hex(f.device, 4)])),
  })} as const

/** The register BAR: its index, its size in bytes. */
export const bar = ${literal(bar)} as const

/** Registers of the BAR: offset and size in bytes, little-endian. Values are bigint where 8 bytes wide. */
export const registers = ${literal(Object.fromEntries(device.registers.map(r => [r.name, register(r)])))} as const

/** Values of the registers that are enumerations. */
export const enums = ${literal(
    Object.fromEntries(
      device.enums.map(e => [e.name, Object.fromEntries(e.values.map(v => [v.name, v.value]))]),
    ),
  )} as const

/** Bit numbers in CAPABILITIES. */
export const capabilities = ${literal(Object.fromEntries(device.capabilities.map(c => [c.name, c.bit])))} as const

export const limits = ${literal(Object.fromEntries(device.limits.map(l => [l.name, l.value])))} as const

/** How a name becomes a UUID, and a PF's label a VF's. */
export const identity = ${literal(identity)} as const

/** The kernel module's sysfs class. \`of\` tells which functions have an attribute. */
export const sysfs = ${literal({
    class: sysfs.class,
    pfName: sysfs.pfName,
    vfName: sysfs.vfName,
    attributes: Object.fromEntries(sysfs.attributes.map(a => [a.name, {access: a.access, of: a.of}])),
  })} as const

export const kernelModule = ${literal(module)} as const

/** The DRA driver's names. */
export const dra = ${literal({
    driver: dra.driver,
    pool: dra.pool,
    poolUnknown: dra.poolUnknown,
    sliceLabels: Object.fromEntries(dra.sliceLabels.map(l => [l.name, l.value])),
    attributes: Object.fromEntries(dra.attributes.map(({name, meaning: _, ...rest}) => [name, rest])),
    capacity: dra.capacity.map(c => c.name),
    deviceClasses: Object.fromEntries(dra.deviceClasses.map(c => [c.name, c.selector])),
    cdiEnv: dra.cdi.env,
  })} as const
`
}

/** A number that is written in hexadecimal. */
class Hex {
  readonly value: number | bigint
  readonly digits: number
  constructor(value: number | bigint, digits: number) {
    this.value = value
    this.digits = digits
  }
}

function register(r: Register) {
  const value = (v: bigint) => (r.size > 4 ? v : new Hex(v, r.size * 2))
  return {
    offset: new Hex(r.offset, 3),
    size: r.size,
    access: r.access,
    ...(r.value === undefined ? {} : {value: value(r.value)}),
    ...(r.default === undefined ? {} : {default: value(r.default)}),
  }
}

/** A TypeScript literal; entries on lines of their own, in the order of the contract. */
function literal(value: unknown, indent = ''): string {
  if (value instanceof Hex) return hex(value.value, value.digits)
  if (typeof value === 'bigint') return `${hex(value)}n`
  if (Array.isArray(value)) return `[${value.map(v => literal(v, indent)).join(', ')}]`
  if (typeof value !== 'object' || value === null)
    return typeof value === 'string' ? quote(value) : String(value)
  const inner = `${indent}  `
  const lines = Object.entries(value).map(([k, v]) => `${inner}${key(k)}: ${literal(v, inner)},\n`)
  return `{\n${lines.join('')}${indent}}`
}

function key(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : quote(name)
}

function quote(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}
