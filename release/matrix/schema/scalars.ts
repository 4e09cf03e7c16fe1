import {z} from 'zod'

/*
 * A matrix is read with every scalar as text (lib/yaml.ts), so these schemas turn text into what it means.
 * `meta.input` is what an editor's YAML parser sees there; release/matrix/json-schema.ts uses it.
 */

/** The JSON types an editor may see for a scalar; `1.30` is a number to it although it is text to us. */
export type InputType = 'string' | 'integer' | 'number' | 'boolean' | 'null'

/** `id` names the definition in the JSON schema; `pattern` says there what only code says here. */
type Meta = {id: string; input: InputType[]; description: string; pattern?: string}

function scalar<T extends z.ZodType>(schema: T, meta: Meta): T {
  return schema.meta(meta)
}

/** One line or a block of prose; Markdown is allowed. */
export const text = scalar(z.string().trim().min(1, 'must not be empty'), {
  id: 'text',
  input: ['string', 'number', 'boolean'],
  description: 'A line or a block of prose; Markdown is allowed.',
})

/** A name that other parts of the matrix refer to. */
export const id = scalar(
  z.string().regex(/^[a-z0-9]+(?:[-.][a-z0-9]+)*$/, 'must be lower-case words joined by - or .'),
  {
    id: 'id',
    input: ['string', 'integer'],
    description: 'A name that other parts refer to: lower-case words joined by - or a dot.',
  },
)

/** A calendar day, `2026-11-21`. */
export const date = scalar(z.string().refine(isDay, 'must be a calendar day such as 2026-11-21'), {
  id: 'date',
  input: ['string'],
  description: 'A calendar day, 2026-11-21.',
  pattern: '^\\d{4}-\\d\\d-\\d\\d$',
})

export function isDay(day: string): boolean {
  const time = Date.parse(`${day}T00:00:00Z`)
  return /^\d{4}-\d\d-\d\d$/.test(day) && !Number.isNaN(time) && new Date(time).toISOString().startsWith(day)
}

export const url = scalar(z.string().regex(/^https?:\/\/\S+$/, 'must be an http(s) URL'), {
  id: 'url',
  input: ['string'],
  description: 'An http or https URL.',
})

export const int = scalar(
  z
    .string()
    .regex(/^-?\d{1,15}$/, 'must be a whole number')
    .transform(Number),
  {id: 'int', input: ['integer'], description: 'A whole number.'},
)

export const bool = scalar(
  z.enum(['true', 'false'], 'must be true or false').transform(value => value === 'true'),
  {id: 'bool', input: ['boolean'], description: 'true or false.'},
)

/**
 * A version as text: `1.30` stays "1.30". No leading `v` (tags carry it) and no `+` build metadata, which
 * OCI tags, Flux and labels cannot hold.
 */
export const version = scalar(
  z
    .string()
    .refine(value => !/^v\d/i.test(value), 'must not start with v: tags carry the v, versions do not')
    .refine(value => !value.includes('+'), 'must not contain +: tags and labels cannot hold build metadata')
    .regex(/^v?\d[0-9A-Za-z.+-]*$/, 'must be a version such as 1.36 or 0.2.0-rc.1'),
  {
    id: 'version',
    input: ['string', 'number'],
    description: 'A version without a leading v and without build metadata; 1.30 stays 1.30.',
    pattern: '^\\d[0-9A-Za-z.-]*$',
  },
)

/** A version range such as `>=1.34 <1.38`; its grammar is checked by release/lib/range.ts in the semantic pass. */
export const range = scalar(z.string().trim().min(1, 'must not be empty'), {
  id: 'range',
  input: ['string', 'number'],
  description: 'Versions: >=1.34 <1.38, 1.36 (all of 1.36.x), ~2.5, ^1.2.0, *, alternatives joined by ||.',
})

/** `90s`, `30m`, `6h`, `7d`; milliseconds. */
export const duration = scalar(
  z
    .string()
    .regex(/^\d{1,6}(?:s|m|h|d)$/, 'must be a duration such as 90s, 30m, 6h or 7d')
    .transform(value => Number(value.slice(0, -1)) * unit[value.at(-1) as keyof typeof unit]),
  {id: 'duration', input: ['string'], description: '90s, 30m, 6h or 7d.'},
)
const unit = {s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000}

/** A value as a chart's value may be. */
export const value = scalar(z.string().nullable(), {
  id: 'value',
  input: ['string', 'number', 'boolean', 'null'],
  description: 'A value as a chart takes it.',
})
