import type {Diagnostic} from '#lib/diagnostics.ts'
import {didYouMean} from '#lib/did-you-mean.ts'
import type {YamlPath, YamlSource} from '#lib/yaml.ts'
import {hex} from './hex.ts'
import type {Device, Register} from './schema.ts'

type Locate = Pick<YamlSource, 'locate'>
type Report = (code: string, path: YamlPath, message: string, more?: Partial<Diagnostic>) => void

/** What a device contract of the right shape may still get wrong; codes.ts tells each. */
export function checkDevice(device: Device, source: Locate): Diagnostic[] {
  const found: Diagnostic[] = []
  const report: Report = (code, path, message, more) =>
    found.push({code, severity: 'error', message, place: source.locate(path), ...more})
  checkUnique(device, report)
  checkPlacement(device, report)
  checkOverlap(device, source, report)
  checkReferences(device, report)
  checkValues(device, report)
  return found
}

function checkUnique(device: Device, report: Report): void {
  const once = (path: YamlPath, keys: readonly (string | number)[], field: string) => {
    const seen = new Set<string | number>()
    for (const [i, key] of keys.entries()) {
      if (seen.has(key)) report('V003', [...path, i, field], `${field} ${key} is given twice`)
      seen.add(key)
    }
  }
  const names = (path: YamlPath, items: readonly {name: string}[]) =>
    once(
      path,
      items.map(item => item.name),
      'name',
    )
  names(['registers'], device.registers)
  names(['limits'], device.limits)
  names(['enums'], device.enums)
  names(['capabilities'], device.capabilities)
  names(['sysfs', 'attributes'], device.sysfs.attributes)
  names(['dra', 'attributes'], device.dra.attributes)
  names(['dra', 'deviceClasses'], device.dra.deviceClasses)
  once(
    ['capabilities'],
    device.capabilities.map(c => c.bit),
    'bit',
  )
  for (const [i, e] of device.enums.entries()) {
    names(['enums', i, 'values'], e.values)
    once(
      ['enums', i, 'values'],
      e.values.map(v => v.value),
      'value',
    )
  }
}

function checkPlacement(device: Device, report: Report): void {
  for (const [i, r] of device.registers.entries()) {
    const at = ['registers', i, 'offset']
    if (r.size < 1 || end(r) > device.bar.size)
      report('V002', at, `register ${r.name} ends at ${hex(end(r))}, the BAR at ${hex(device.bar.size)}`)
    const align = Math.min(r.size, 4)
    if (r.offset % align !== 0)
      report('V002', at, `register ${r.name} is not aligned`, {expected: `a multiple of ${align}`})
  }
}

function checkOverlap(device: Device, source: Locate, report: Report): void {
  const order = [...device.registers.entries()].sort(([, a], [, b]) => a.offset - b.offset)
  // The register that reaches farthest so far, not the previous one: a large one may hold several small ones.
  let last: [number, Register] | undefined
  for (const [i, r] of order) {
    if (last && r.offset < end(last[1]))
      report('V001', ['registers', i, 'offset'], `register ${r.name} overlaps ${last[1].name}`, {
        expected: `an offset of ${hex(end(last[1]))} or more`,
        related: [
          {
            message: `${last[1].name} takes ${hex(last[1].offset)} to ${hex(end(last[1]) - 1)}`,
            place: source.locate(['registers', last[0], 'offset']),
          },
        ],
      })
    if (!last || end(r) > end(last[1])) last = [i, r]
  }
}

function checkReferences(device: Device, report: Report): void {
  const known = (path: YamlPath, name: string | undefined, kind: string, names: readonly string[]) => {
    if (name === undefined || names.includes(name)) return
    const near = didYouMean(name, names)
    report('V004', path, `there is no ${kind} ${name}`, near ? {hint: `did you mean ${near}?`} : {})
  }
  const enums = device.enums.map(e => e.name)
  const capabilities = device.capabilities.map(c => c.name)
  for (const [i, r] of device.registers.entries())
    known(['registers', i, 'enum'], r.enum, 'enumeration', enums)
  const registers = device.registers.map(r => r.name)
  for (const [i, a] of device.sysfs.attributes.entries()) {
    const at = ['sysfs', 'attributes', i]
    known([...at, 'register'], a.register, 'register', registers)
    known([...at, 'capability'], a.capability, 'capability', capabilities)
  }
  for (const [i, a] of device.dra.attributes.entries())
    known(['dra', 'attributes', i, 'capability'], a.capability, 'capability', capabilities)
}

function checkValues(device: Device, report: Report): void {
  for (const [i, r] of device.registers.entries()) {
    for (const field of ['value', 'default'] as const) {
      const value = r[field]
      if (value !== undefined && value >= 1n << BigInt(r.size * 8))
        report('V005', ['registers', i, field], `${hex(value)} needs more than ${r.size} bytes`)
    }
  }
  for (const [i, e] of device.enums.entries()) {
    for (const [j, v] of e.values.entries()) {
      if (v.value > 0xffff_fffe)
        report(
          'V005',
          ['enums', i, 'values', j, 'value'],
          `${hex(v.value)} means a dead device or is too large`,
        )
    }
  }
  for (const [i, c] of device.capabilities.entries())
    if (c.bit > 31) report('V005', ['capabilities', i, 'bit'], `bit ${c.bit} is beyond CAPABILITIES`)
}

function end(r: Register): number {
  return r.offset + r.size
}
