import {enums} from '#lib/generated/device.ts'
import type {ServedFunction} from './served-function.ts'
import {isEnabled} from './server.ts'
import type {Stats} from './stats.ts'

const counters: readonly [keyof Stats, string][] = [
  ['connections', 'Clients that were served'],
  ['refused', 'Clients that were refused because another one was served'],
  ['requests', 'Messages received'],
  ['reads', 'Region reads served'],
  ['writes', 'Region writes served'],
  ['errors', 'Error replies'],
  ['postedFailures', 'Writes that failed and wanted no reply'],
  ['interrupts', 'Interrupts raised'],
  ['resets', 'Device resets asked for by a client'],
]

type Gauge = [name: string, help: string, value: (one: ServedFunction) => number]

const gauges: readonly Gauge[] = [
  ['connected', 'Whether a client is served', one => (one.session ? 1 : 0)],
  ['enabled', 'Whether the function is there for the guest', one => (isEnabled(one) ? 1 : 0)],
  ['dma_mappings', 'Parts of guest memory that the client has told of', one => one.session?.dma.size ?? 0],
  ['health', healthHelp(), one => one.function.registers.health],
  [
    'passphrases',
    'Passphrases made since the last reset of any kind',
    one => one.function.registers.passphraseCount,
  ],
]

function healthHelp(): string {
  return `Health: ${Object.entries(enums.HEALTH)
    .map(([name, value]) => `${value} ${name}`)
    .join(', ')}`
}

/** All figures in Prometheus' text format, version 0.0.4. */
export function metricsText(functions: readonly ServedFunction[], residentBytes: number): string {
  const family = (name: string, type: string, help: string, value: (one: ServedFunction) => number) => [
    `# HELP mock_accel_${name} ${help}`,
    `# TYPE mock_accel_${name} ${type}`,
    ...functions.map(one => `mock_accel_${name}{${labels(one)}} ${value(one)}`),
  ]
  const lines = [
    ...counters.flatMap(([key, help]) =>
      family(`${snake(key)}_total`, 'counter', help, one => one.stats[key]),
    ),
    ...gauges.flatMap(([name, help, value]) => family(name, 'gauge', help, value)),
    '# HELP process_resident_memory_bytes Resident memory size in bytes',
    '# TYPE process_resident_memory_bytes gauge',
    `process_resident_memory_bytes ${residentBytes}`,
  ]
  return `${lines.join('\n')}\n`
}

function labels({function: one}: ServedFunction): string {
  return `function="${one.name}",type="${one.type}"`
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
}
