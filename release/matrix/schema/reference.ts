import {z} from 'zod'
import {cited} from './facts.ts'
import {architecture} from './kernels.ts'
import {bool, date, id, int, range, text} from './scalars.ts'

/** Facts for people that no rule can hold; the generated pages show them. */
export const reference = z.strictObject({
  highlights: z.array(text).default([]),
  featureGates: z
    .array(
      z.strictObject({
        name: text,
        component: id,
        versions: range,
        default: z.enum(['on', 'off', 'locked-on']),
        needed: z.enum(['yes', 'no', 'optional']),
        note: text.optional(),
        ...cited,
      }),
    )
    .default([]),
  ports: z
    .array(
      z.strictObject({
        component: text,
        port: int,
        protocol: z.enum(['TCP', 'UDP', 'unix']),
        purpose: text,
        when: text.optional(),
        ...cited,
      }),
    )
    .default([]),
  network: z.array(text).default([]),
  storage: z
    .array(z.strictObject({path: text, required: bool, purpose: text, persists: bool, ...cited}))
    .default([]),
  distributions: z
    .array(z.strictObject({name: text, version: text, kernel: text, note: text.optional(), ...cited}))
    .default([]),
  selinux: z
    .array(z.strictObject({mode: z.enum(['enforcing', 'permissive', 'disabled']), note: text, ...cited}))
    .default([]),
  runtimes: z
    .array(z.strictObject({name: text, versions: text, cdi: bool, note: text, ...cited}))
    .default([]),
  limits: z
    .array(
      z.strictObject({id, title: text, value: int, unit: text.optional(), note: text.optional(), ...cited}),
    )
    .default([]),
  architectures: z
    .array(
      z.strictObject({
        component: text,
        architectures: z.array(architecture),
        note: text.optional(),
        ...cited,
      }),
    )
    .default([]),
  configurations: z
    .array(
      z.strictObject({
        id,
        title: text,
        when: text,
        commands: z.array(text).min(1),
        note: text.optional(),
        ...cited,
      }),
    )
    .default([]),
  consumers: z
    .array(
      z.strictObject({
        name: text,
        versions: text,
        requirements: z.array(text).default([]),
        note: text.optional(),
        ...cited,
      }),
    )
    .default([]),
  validated: z
    .array(
      z.strictObject({configuration: text, version: text, evidence: text, on: date.optional(), ...cited}),
    )
    .default([]),
  checks: z.array(z.strictObject({title: text, run: text, expect: text})).default([]),
  troubleshooting: z
    .array(
      z.strictObject({
        id,
        title: text,
        symptom: text,
        cause: text,
        resolution: z.array(text).min(1),
        note: text.optional(),
      }),
    )
    .default([]),
  resources: z
    .array(
      z.strictObject({
        component: text,
        metric: text,
        idle: text.optional(),
        load: text.optional(),
        note: text.optional(),
        ...cited,
      }),
    )
    .default([]),
  faq: z.array(z.strictObject({question: text, answer: text})).default([]),
  guides: z.array(z.strictObject({title: text, path: text, summary: text})).default([]),
})
export type Reference = z.output<typeof reference>
