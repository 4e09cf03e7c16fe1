import {z} from 'zod'
import {bool, text} from '#release/matrix/schema/scalars.ts'

/*
 * The shape of components/device.yaml. Every scalar arrives as text (lib/yaml.ts). Numbers come out as number,
 * values of registers as bigint, because a register may have 64 bits.
 */

/** A whole number, decimal or hexadecimal, small enough to be exact as a number. */
const number = z
  .string()
  .regex(/^(?:0x[0-9a-f]{1,13}|\d{1,15})$/, 'must be a number such as 4096 or 0x1de5')
  .transform(Number)

/** The value of a register. */
const wide = z
  .string()
  .regex(/^(?:0x[0-9a-f]{1,16}|\d{1,19})$/, 'must be a number such as 4096 or 0x1de5')
  .transform(BigInt)

/** A name that becomes a C macro: upper case. */
const macro = z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'must be upper case words joined by _')

/** A name as people and sysfs see it: lower case. */
const word = z.string().regex(/^[a-z][a-z0-9_]*$/, 'must be lower case words joined by _')

const access = z.enum(['ro', 'rw', 'wo'], 'must be ro, rw or wo')

const register = z.strictObject({
  name: macro,
  offset: number,
  /** Bytes. */
  size: number,
  access,
  meaning: text,
  /** The only value that it ever has. */
  value: wide.optional(),
  /** The value after reset. */
  default: wide.optional(),
  /** The enumeration that names its values. */
  enum: macro.optional(),
  /** A change raises the MSI. */
  interrupt: bool.optional(),
})

const enumeration = z.strictObject({
  name: macro,
  meaning: text,
  values: z.array(z.strictObject({name: word, value: number, meaning: text})).min(1),
})

const failure = z.strictObject({
  errno: z.string().regex(/^E[A-Z0-9]+$/, 'must be an error such as EIO'),
  when: text,
})

const attribute = z.strictObject({
  name: word,
  access,
  /** Only root may read it. */
  admin: bool.optional(),
  /** The functions that have it. */
  of: z.enum(['pf', 'vf', 'both'], 'must be pf, vf or both'),
  /** poll(2) wakes up when it changes. */
  poll: bool.optional(),
  /** The register that it shows. */
  register: macro.optional(),
  /** Read when the driver binds, and never again. */
  cached: bool.optional(),
  /** Absent when the device has not this capability. */
  capability: word.optional(),
  meaning: text,
  /** How its value is written. */
  format: text,
  /** Besides `sysfs.failures`. */
  errors: z.array(failure).optional(),
})

const draName = z
  .string()
  .regex(/^(?:[a-z0-9.-]+\/)?[A-Za-z_][A-Za-z0-9_]*$/, 'must be a C identifier, perhaps after domain/')

const dra = z.strictObject({
  driver: z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/, 'must be a DNS subdomain of at most 63'),
  pool: text,
  poolUnknown: text,
  sliceLabels: z.array(z.strictObject({name: text, value: text})),
  attributes: z.array(
    z.strictObject({
      name: draName,
      type: z.enum(['string', 'int', 'bool', 'version'], 'must be string, int, bool or version'),
      capability: word.optional(),
      /** Absent when it is not known. */
      optional: bool.optional(),
      deprecated: bool.optional(),
      meaning: text,
    }),
  ),
  capacity: z.array(z.strictObject({name: draName, meaning: text})),
  deviceClasses: z.array(
    z.strictObject({
      name: z.string().regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'must be a DNS label'),
      meaning: text,
      /** CEL over `device`. */
      selector: text,
    }),
  ),
  cdi: z.strictObject({env: z.array(macro)}),
})

export const deviceSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]*$/, 'must be lower case words joined by -'),
  title: text,
  summary: text,
  pci: z.strictObject({
    vendor: number,
    class: number,
    revision: number,
    configSize: number,
    msiVectors: number,
    functions: z.array(z.strictObject({type: z.enum(['pf', 'vf']), device: number, meaning: text})).min(1),
  }),
  bar: z.strictObject({index: number, size: number}),
  limits: z.array(z.strictObject({name: macro, value: number, meaning: text})),
  enums: z.array(enumeration),
  capabilities: z.array(z.strictObject({name: word, bit: number, meaning: text})),
  registers: z.array(register).min(1),
  identity: z.strictObject({
    namespace: z
      .string()
      .regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'must be a UUID, lower case with hyphens'),
    vfLabel: text,
  }),
  sysfs: z.strictObject({
    class: text,
    pfName: text,
    vfName: text,
    /** Of every attribute that is read from the device. */
    failures: z.array(failure),
    attributes: z.array(attribute),
  }),
  module: z.strictObject({name: word, file: text, firmware: text, uapi: text}),
  dra,
})

export type Device = z.output<typeof deviceSchema>
export type Register = Device['registers'][number]
export type Attribute = Device['sysfs']['attributes'][number]
