import {hex} from './hex.ts'
import type {Device, Register} from './schema.ts'

/** The kernel module's view: offsets, values and limits as macros, in the kernel's own style. */
export function cHeader(device: Device): string {
  const define = prefix(device)
  const sections = [
    section('PCI identity', [
      define('VENDOR_ID', hex(device.pci.vendor, 4)),
      ...device.pci.functions.map(f =>
        define(`DEVICE_ID_${f.type.toUpperCase()}`, hex(f.device, 4), f.meaning),
      ),
      define('BAR', String(device.bar.index)),
      define('BAR_SIZE', hex(device.bar.size, 4)),
    ]),
    section(
      `BAR${device.bar.index}, little-endian`,
      device.registers.flatMap(r => registerLines(r, define)),
    ),
    ...device.enums.map(e =>
      section(e.meaning, [
        ...e.values.map(v => define(`${e.name}_${v.name.toUpperCase()}`, String(v.value), v.meaning)),
      ]),
    ),
    section(
      'Bits of CAPABILITIES',
      device.capabilities.map(c => define(`CAP_${c.name.toUpperCase()}`, `BIT(${c.bit})`, c.meaning)),
    ),
    section(
      'Limits',
      device.limits.map(l => define(l.name, String(l.value), l.meaning)),
    ),
    section('Names', [
      define('CLASS', `"${device.sysfs.class}"`),
      define('FIRMWARE', `"${device.module.firmware}"`),
    ]),
  ]
  const guard = `${macro(device.name)}_REGS_H`
  return `/* SPDX-License-Identifier: GPL-2.0-only *//* Generated from components/device.yaml; do not edit. */
#ifndef ${guard}
#define ${guard}

#include <linux/bits.h>

${sections.join('\n')}
#endif /* ${guard} */
`
}

type Define = (name: string, value: string, meaning?: string) => string

function prefix(device: Device): Define {
  return (name, value, meaning) => {
    const line = `#define ${macro(device.name)}_${name}`
    return `${meaning ? comment(meaning) : ''}${line}${tabs(line)}${value}\n`
  }
}

function registerLines(r: Register, define: Define): string[] {
  return [
    define(`REG_${r.name}`, hex(r.offset, 3), `${r.meaning} (${r.access}, ${r.size} bytes)`),
    ...(r.size > 8 ? [define(`${r.name}_SIZE`, String(r.size))] : []),
    ...(r.value === undefined ? [] : [define(`${r.name}_VALUE`, `${hex(r.value, r.size * 2)}U`)]),
  ]
}

function section(title: string, defines: readonly string[]): string {
  return `/* ${title} */\n\n${defines.join('')}`
}

const commentWidth = 80

/** A block comment in the kernel's style, one line when it fits. */
function comment(text: string): string {
  if (text.length + 6 <= commentWidth) return `/* ${text} */\n`
  const lines: string[] = []
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length + 3 > commentWidth) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return `/*\n${lines.map(line => ` * ${line}\n`).join('')} */\n`
}

/** Tabs up to column 48, or one tab after a longer name. */
function tabs(line: string): string {
  return '\t'.repeat(Math.max(1, Math.ceil((48 - line.length) / 8)))
}

function macro(name: string): string {
  return name.toUpperCase().replaceAll('-', '_')
}
