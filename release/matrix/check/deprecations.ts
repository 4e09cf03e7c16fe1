import type {Diagnostic} from '#lib/diagnostics.ts'
import {didYouMean} from '#lib/did-you-mean.ts'
import type {YamlPath} from '#lib/yaml.ts'
import {compareVersions, minorOf, parseVersion, type Scheme} from '#release/lib/versions.ts'
import type {ComponentVersion} from '../schema/components.ts'
import {earliestRemoval} from '../support.ts'
import {type Context, listedVersions, problem} from './context.ts'

type Entry = {index: number; entry: ComponentVersion}
type Announced = Entry & {path: YamlPath}

/**
 * The product's own deprecation policy, for the product (others have theirs): M170 a feature that goes without
 * having been deprecated, M171 one that goes, or is planned to go, sooner than promised.
 */
export function* deprecations(context: Context): Generator<Diagnostic> {
  const {product, components} = context.matrix
  const component = components[product.component]
  if (!component) return
  const history = listedVersions(context, product.component)
    .sort((a, b) => compareVersions(a.version, b.version))
    .flatMap(({index}): Entry[] => {
      const entry = component.versions[index]
      return entry ? [{index, entry}] : []
    })
  const announced = new Map<string, Announced>()
  const base = ['components', product.component, 'versions'] as const
  for (const {index, entry} of history) {
    for (const [i, {feature}] of entry.removals.entries())
      yield* removal(context, [...base, index, 'removals', i, 'feature'], feature, entry, announced)
    for (const [i, {feature, removal}] of entry.deprecations.entries()) {
      const path = [...base, index, 'deprecations', i] as const
      if (!announced.has(feature)) announced.set(feature, {index, entry, path: [...path, 'feature']})
      if (removal !== undefined)
        yield* plannedRemoval(context, [...path, 'removal'], removal, entry, component.scheme)
    }
  }
}

function* removal(
  context: Context,
  path: YamlPath,
  feature: string,
  entry: ComponentVersion,
  announced: ReadonlyMap<string, Announced>,
): Generator<Diagnostic> {
  const since = announced.get(feature)
  if (!since) {
    const meant = didYouMean(feature, announced.keys())
    yield problem(context, path, {
      code: 'M170',
      message: `${entry.version} removes \`${feature}\`, which no earlier version deprecated`,
      hint: meant
        ? `did you mean \`${meant}\`?`
        : 'deprecate it in this version and remove it in a later one',
    })
    return
  }
  yield* tooSoon(context, path, entry.version, entry.released, since.entry, [
    {message: `deprecated in ${since.entry.version}`, place: context.source.locate(since.path)},
  ])
}

function* plannedRemoval(
  context: Context,
  path: YamlPath,
  version: string,
  since: ComponentVersion,
  scheme: Scheme,
): Generator<Diagnostic> {
  if (parseVersion(version, scheme)) yield* tooSoon(context, path, version, undefined, since, [])
}

function* tooSoon(
  context: Context,
  path: YamlPath,
  version: string,
  day: string | undefined,
  since: ComponentVersion,
  related: NonNullable<Diagnostic['related']>,
): Generator<Diagnostic> {
  const policy = context.matrix.product.deprecation
  if (!policy) return
  const earliest = earliestRemoval(since, policy)
  const [going, allowed] = [parseVersion(version, 'semver'), parseVersion(`${earliest.minor}.0`, 'semver')]
  const early = going && allowed && compareVersions(going, allowed) < 0 && minorOf(going) !== minorOf(allowed)
  const hasty = day !== undefined && earliest.day !== undefined && day < earliest.day
  if (!early && !hasty) return
  const promise = `${policy.minors} minor${policy.minors === 1 ? '' : 's'} and ${policy.months} months`
  yield problem(context, path, {
    code: 'M171',
    message: `${version}${day === undefined ? '' : ` of ${day}`} is too soon: the policy promises ${promise} after ${since.version}`,
    expected: `${earliest.minor}.0 or later${earliest.day === undefined ? '' : `, on ${earliest.day} or later`}`,
    related: [
      ...related,
      {message: 'the policy', place: context.source.locateKey(['product', 'deprecation'])},
    ],
  })
}
