import {hex} from './hex.ts'
import {code, table} from './markdown.ts'
import type {Device, Register} from './schema.ts'

/** The reference page of the device, Markdown. */
export function referencePage(device: Device): string {
  const {pci, bar, sysfs, identity, module, dra} = device
  const enums = new Map(device.enums.map(e => [e.name, e]))
  const values = (r: Register) =>
    (enums.get(r.enum ?? '')?.values ?? []).map(v => `${v.value} ${v.name}`).join(', ')
  return `<!-- Generated from components/device.yaml; do not edit. -->
# ${device.title}

${device.summary}

## PCI

${table(
  ['field', 'value'],
  [
    ['vendor', code(hex(pci.vendor, 4))],
    ...pci.functions.map(f => [`device, ${f.type.toUpperCase()}`, `${code(hex(f.device, 4))} ${f.meaning}`]),
    ['class', code(hex(pci.class, 6))],
    ['revision', code(hex(pci.revision, 2))],
    ['configuration space', `${pci.configSize} bytes`],
    ['MSI vectors', String(pci.msiVectors)],
  ],
)}

## Registers (BAR${bar.index}, ${bar.size} bytes)

A 32-bit memory BAR, not prefetchable, little-endian. Undefined space reads 0 and ignores writes.

${table(
  ['offset', 'name', 'bytes', 'access', 'meaning', 'values'],
  device.registers.map(r => [
    code(hex(r.offset, 3)),
    r.name,
    String(r.size),
    r.access,
    r.meaning,
    r.value === undefined ? values(r) : code(hex(r.value, r.size * 2)),
  ]),
)}

The MSI has these causes, and its handler rereads their registers: ${device.registers
    .filter(r => r.interrupt)
    .map(r => r.name)
    .join(', ')}.

${device.enums
  .map(
    e =>
      `### ${e.name}\n\n${e.meaning}.\n\n${table(
        ['value', 'name', 'meaning'],
        e.values.map(v => [String(v.value), v.name, v.meaning]),
      )}\n`,
  )
  .join('\n')}
### CAPABILITIES

${table(
  ['bit', 'name', 'meaning'],
  device.capabilities.map(c => [String(c.bit), c.name, c.meaning]),
)}

## Limits

${table(
  ['name', 'value', 'meaning'],
  device.limits.map(l => [l.name, String(l.value), l.meaning]),
)}

## Identity

A device is given a UUID or a name. The name becomes the label, and the UUID is the version 5 UUID of the name
in the namespace ${code(identity.namespace)}. A VF's label is ${code(identity.vfLabel)}.

## sysfs and /dev

The driver's class is ${code(`/sys/class/${sysfs.class}/`)}; its attributes have a page of their own: [sysfs.md](sysfs.md).
Character devices have the same names under ${code('/dev')}; their interface, ${code(module.uapi)}, is told in
[character-device.md](character-device.md).

## DRA (${code(dra.driver)})

Pool: ${code(dra.pool)}, or ${code(dra.poolUnknown)} where the node is unknown. Labels of every slice:
${dra.sliceLabels.map(l => code(`${l.name}=${l.value}`)).join(', ')}.

${table(
  ['attribute', 'type', 'meaning'],
  dra.attributes.map(a => [code(a.name), a.type, a.deprecated ? `Deprecated. ${a.meaning}` : a.meaning]),
)}

${table(
  ['capacity', 'meaning'],
  dra.capacity.map(c => [code(c.name), c.meaning]),
)}

${table(
  ['DeviceClass', 'meaning', 'selector'],
  dra.deviceClasses.map(c => [code(c.name), c.meaning, code(c.selector)]),
)}

A container gets ${dra.cdi.env.map(code).join(', ')}; with several devices in a claim each name ends in
${code('_0')}, ${code('_1')} and so on.
`
}
