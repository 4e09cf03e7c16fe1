import {fail} from '#lib/diagnostics.ts'
import type {Lock} from '#release/kernels/lock-schema.ts'
import type {Component, ComponentVersion} from '#release/matrix/schema/components.ts'
import type {Matrix} from '#release/matrix/schema/index.ts'
import type {Release} from '#release/matrix/schema/kernels.ts'
import type {Reference} from '#release/matrix/schema/reference.ts'
import type {Condition, Rule} from '#release/matrix/schema/rules.ts'
import {type Support, supportEnd} from '#release/matrix/support.ts'
import type {ComponentDescriptor} from '#release/plan/component.ts'
import type {Changes} from './changes.ts'

export type DocumentsInput = {
  matrix: Matrix
  /** matrix/changes/*.yaml, in any order. */
  changes: readonly Changes[]
  /** components/*.yaml; names what a release publishes. */
  components?: readonly ComponentDescriptor[]
  /** Exact kernels; without it only the lines are shown. */
  lock?: Lock
}

/** What every page needs, found once. */
export type Context = {
  matrix: Matrix
  release: Release
  reference: Reference
  /** The component whose versions are the product's. */
  product: Component
  /** Released and planned versions of the product, the newest first. */
  versions: ComponentVersion[]
  current: ComponentVersion
  /** The parts that share the version, with their ids. */
  parts: [string, Component][]
  changes: readonly Changes[]
  components: readonly ComponentDescriptor[]
  lock: Lock | undefined
  support: Support[]
}

/** @throws DiagnosticError D001 when the matrix describes no release, D002 when its version is not listed */
export function contextOf({matrix, changes, components = [], lock}: DocumentsInput): Context {
  const {release, reference} = matrix
  const product = matrix.components[matrix.product.component]
  if (!release || !reference || !product)
    return fail({
      code: 'D001',
      message: 'the documents need a product component, `release` and `reference` in the matrix',
      hint: 'add the missing part, or generate documents for another matrix',
    })
  const current = product.versions.find(v => v.version === release.version)
  if (!current)
    return fail({
      code: 'D002',
      message: `release.version ${release.version} is not a version of ${matrix.product.component}`,
      hint: `add it to components.${matrix.product.component}.versions`,
    })
  return {
    matrix,
    release,
    reference,
    product,
    versions: [...product.versions].reverse(),
    current,
    parts: Object.entries(matrix.components).filter(([, component]) => component.lockstep),
    changes,
    components,
    lock,
    support: matrix.product.support ? supportEnd(product, matrix.product.support) : [],
  }
}

/**
 * A rule by which the product needs something: for which of its versions, which versions of the other, on
 * which values it depends, and whether it speaks only where the other is there anyway.
 */
export type Requirement = {rule: Rule; product: string; range: string; values: string[]; onlyIfThere: boolean}

/**
 * What the product's versions need of a component, in the order of the rules. A rule that also asks whether
 * something third is there is not about the product alone, and is left out.
 */
export function requirements({matrix}: Pick<Context, 'matrix'>, component: string): Requirement[] {
  return matrix.rules.flatMap(rule => {
    const product = rule.when?.versions[matrix.product.component]
    const range = rule.requires && rangeOf(rule.requires, component)
    const others = Object.keys(rule.when?.versions ?? {}).filter(id => id !== matrix.product.component)
    return product === undefined || range === undefined || others.some(id => id !== component)
      ? []
      : [{rule, product, range, values: valuesOf(rule.when), onlyIfThere: others.length > 0}]
  })
}

function rangeOf(condition: Condition, component: string): string | undefined {
  if (condition.versions[component] !== undefined) return condition.versions[component]
  for (const inner of [...(condition.all ?? []), ...(condition.any ?? [])]) {
    const found = rangeOf(inner, component)
    if (found !== undefined) return found
  }
  return undefined
}

/** The values on which a rule depends, `kernelModule.enabled: true`. */
export function valuesOf(condition: Condition | undefined): string[] {
  return Object.entries(condition?.values ?? {}).map(([name, value]) => `${name}: ${value}`)
}

export function titleOf(component: string, {matrix}: Pick<Context, 'matrix'>): string {
  return matrix.components[component]?.title ?? component
}

export function schemeOf(component: string, {matrix}: Pick<Context, 'matrix'>): Component['scheme'] {
  return matrix.components[component]?.scheme ?? 'opaque'
}
