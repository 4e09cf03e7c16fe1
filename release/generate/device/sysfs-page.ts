import {hex} from './hex.ts'
import {code, table} from './markdown.ts'
import type {Attribute, Device} from './schema.ts'

const modes = {ro: '0444', rw: '0644', wo: '0200'} as const

/** The mode of an attribute's file. */
export const attributeMode = ({access, admin}: Pick<Attribute, 'access' | 'admin'>): string =>
  admin ? '0400' : modes[access]

/** The reference page of the driver's attributes, Markdown. */
export function sysfsPage({sysfs, registers}: Device): string {
  const offset = (name: string) => hex(registers.find(r => r.name === name)?.offset ?? 0, 3)
  const source = ({register, cached}: Attribute) =>
    register ? `${register} (${code(offset(register))})${cached ? ', at binding' : ''}` : ''
  return `<!-- Generated from components/device.yaml; do not edit. -->
# /sys/class/${sysfs.class}

Every function that the driver is bound to has a folder here: a PF ${code(sysfs.pfName)}, a VF ${code(sysfs.vfName)}. A VF whose
PF this kernel does not see, as in a guest that got only the VF, is numbered like a PF; its type is still vf. The
numbers follow the order of binding and tell nothing else. What the registers mean is told in [device.md](device.md).

Every attribute is one line, ended by a newline that writers may leave out.

${table(
  ['attribute', 'mode', 'of', 'meaning', 'format', 'register'],
  sysfs.attributes.map(a => [code(a.name), attributeMode(a), a.of, meaning(a), a.format, source(a)]),
)}

Numbers are written in decimal; when writing, hexadecimal after ${code('0x')} is understood too. Attributes of a capability
are absent when the device has not that bit (CAPABILITIES), so an older device stays usable with a newer driver. Those
that are read "at binding" are never read again.

## Errors

What is read from the device each time can fail in these ways:

${table(
  ['errno', 'when'],
  sysfs.failures.map(f => [code(f.errno), f.when]),
)}

And beyond that:

${table(
  ['attribute', 'errno', 'when'],
  sysfs.attributes.flatMap(a => (a.errors ?? []).map(f => [code(a.name), code(f.errno), f.when])),
)}

A number that needs more than 32 bits is ${code('ERANGE')}. Writes of ${code('status')} and ${code('passphrase_generate')} are posted: that a device
is dead shows when something is read.

## Waiting for a change

${sysfs.attributes
  .filter(a => a.poll)
  .map(a => code(a.name))
  .join(
    ' and ',
  )} can be waited for: read the file, poll(2) it for ${code('POLLPRI')}, then read it again from its beginning.
`
}

function meaning({meaning: text, capability, poll}: Attribute): string {
  return [text, ...(capability ? [`capability ${capability}`] : []), ...(poll ? ['can be polled'] : [])].join(
    '; ',
  )
}
