import type {Component, ComponentVersion} from './schema/components.ts'
import type {Product} from './schema/product.ts'

type SupportPolicy = NonNullable<Product['support']>
type DeprecationPolicy = NonNullable<Product['deprecation']>

/** What a version gets: `full` as the newest minor, `fixes` as the one before, `community` when older. */
export type Support = {
  version: string
  minor: string
  phase: 'full' | 'fixes' | 'community'
  /** The last day of what the phase gives, or gave; undefined while the minor is the newest. */
  until: string | undefined
}

/**
 * Support of every stable released version, in the component's own order. The newest minor has no end; a minor
 * ends `previousMonths` after the first release of the minor that follows it. What a version says itself
 * (`endOfSupport`) wins. Reads no clock: phases are those at the newest release.
 */
export function supportEnd(component: Component, policy: SupportPolicy): Support[] {
  // Candidates and nightlies are tried, not supported: a minor begins with its first stable release.
  const released = component.versions.filter(
    v => v.state !== 'planned' && v.released !== undefined && !v.version.includes('-'),
  )
  const minors = [...new Set(released.map(v => minorOf(v.version)))].sort(compareMinors)
  return released.map(version => {
    const minor = minorOf(version.version)
    const age = minors.length - 1 - minors.indexOf(minor)
    const successor = firstRelease(released, minors[minors.indexOf(minor) + 1])
    return {
      version: version.version,
      minor,
      phase: age === 0 ? 'full' : age === 1 ? 'fixes' : 'community',
      until: version.endOfSupport ?? (successor && addMonths(successor, policy.previousMonths)),
    }
  })
}

/**
 * The earliest that a feature may go: `minors` after the minor that deprecated it, and not before a day.
 * @param deprecatedIn the version that announced it, with its release date
 */
export function earliestRemoval(
  deprecatedIn: ComponentVersion,
  policy: DeprecationPolicy,
): {minor: string; day: string | undefined} {
  const [major, minor] = numbers(minorOf(deprecatedIn.version))
  return {
    minor: `${major}.${minor + policy.minors}`,
    day: deprecatedIn.released && addMonths(deprecatedIn.released, policy.months),
  }
}

/** The same day some months later, or the month's last day where it is shorter. */
export function addMonths(day: string, months: number): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
  const lastOfMonth = new Date(Date.UTC(year, month - 1 + months + 1, 0))
  lastOfMonth.setUTCDate(Math.min(date, lastOfMonth.getUTCDate()))
  return lastOfMonth.toISOString().slice(0, 10)
}

/** `0.2` of `0.2.3` and of `0.2.0-rc.1`. */
export function minorOf(version: string): string {
  return numbers(version).join('.')
}

function numbers(version: string): [number, number] {
  const [major = '0', minor = '0'] = version.split('.', 2)
  return [Number.parseInt(major, 10), Number.parseInt(minor, 10)]
}

function compareMinors(a: string, b: string): number {
  const [[majorA, minorA], [majorB, minorB]] = [numbers(a), numbers(b)]
  return majorA - majorB || minorA - minorB
}

function firstRelease(versions: readonly ComponentVersion[], minor: string | undefined): string | undefined {
  const days = versions.flatMap(v => (minorOf(v.version) === minor && v.released ? [v.released] : []))
  return days.sort()[0]
}
