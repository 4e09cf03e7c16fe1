import {z} from 'zod'
import {component} from './components.ts'
import {evidence} from './evidence.ts'
import {source} from './facts.ts'
import {kernels, release} from './kernels.ts'
import {product} from './product.ts'
import {reference} from './reference.ts'
import {procedure, rule, transition} from './rules.ts'
import {id, text} from './scalars.ts'

/** Other matrices to build on, and what to take of them: a path, or `oci://…@sha256:…`. */
const uses = z.array(z.strictObject({matrix: text, components: z.array(id).optional()})).default([])

/** The matrix language, version 1: one schema for every product. */
export const matrixSchema = z.strictObject({
  apiVersion: z.literal('lockstep/v1'),
  kind: z.literal('Matrix'),
  product,
  uses,
  sources: z.record(id, source),
  components: z.record(id, component),
  rules: z.array(rule).default([]),
  transitions: z.array(transition).default([]),
  procedures: z.array(procedure).default([]),
  kernels: kernels.optional(),
  release: release.optional(),
  reference: reference.optional(),
  /** What tests have shown: the only ground of the level `tested`. */
  evidence: z.array(evidence).default([]),
})

/** A matrix that was read and found sound: plain data, safe to hand to any stage. */
export type Matrix = z.output<typeof matrixSchema>

/** A site's own file: where versions stand and who owns them; never part of a product's matrix. */
export const bindingsSchema = z.strictObject({
  apiVersion: z.literal('lockstep/v1'),
  kind: z.literal('Bindings'),
  uses,
  parameters: z.record(z.string(), text).default({}),
  bindings: z.array(
    z.strictObject({
      component: id,
      instance: id.optional(),
      owner: z.enum(['argocd', 'flux', 'helm', 'terraform', 'manual']),
      at: z.union([z.strictObject({file: text, path: text}), z.strictObject({object: text, path: text})]),
    }),
  ),
})
export type Bindings = z.output<typeof bindingsSchema>
