import {contains} from '#release/lib/range.ts'
import {parseRange} from '#release/lib/range-text.ts'
import {parseVersion} from '#release/lib/versions.ts'
import type {Matrix} from '#release/matrix/schema/index.ts'

/** The oldest Kubernetes that the rules ask for where this release is installed; undefined when they ask for none. */
export function oldestKubernetes({product, release, rules}: Matrix): string | undefined {
  const floors = rules
    .filter(rule => speaksOf(rule.when?.versions[product.component], release?.version))
    .flatMap(rule => />=\s*(\d+\.\d+)/.exec(rule.requires?.versions.kubernetes ?? '')?.[1] ?? [])
  return floors.sort((a, b) => Number(b.split('.')[1]) - Number(a.split('.')[1]))[0]
}

function speaksOf(range: string | undefined, version: string | undefined): boolean {
  const [parsed, at] = [range && parseRange(range, 'semver'), version && parseVersion(version, 'semver')]
  return Boolean(parsed && 'range' in parsed && parsed.range && at && contains(parsed.range, at))
}
