import semver from 'semver'
import {fail} from '#lib/diagnostics.ts'
import type {Channel} from '../plan/tags.ts'

export type Bump = 'major' | 'minor' | 'patch'

/**
 * The version that comes after the last one.
 * @param asked a bump or a version
 * @param known versions that have a tag or a row already, for counting candidates
 * @param date `2026-11-21`, for nightlies
 * @throws L030 it can't come next, or does not fit the channel
 */
export function nextVersion(
  asked: string,
  channel: Channel,
  {last, known, date}: {last: string; known: readonly string[]; date: string},
): string {
  if (!isBump(asked)) return checked(asked, channel, last)
  const base = semver.inc(last, asked) ?? refuse(`${last} is no version that can be raised`)
  if (channel === 'stable') return base
  if (channel === 'nightly') return checked(`${base}-nightly.${date.replaceAll('-', '')}`, channel, last)
  const candidates = [...known, last].flatMap(v =>
    Number(new RegExp(`^${base}-rc\\.(\\d+)$`).exec(v)?.[1] ?? []),
  )
  return `${base}-rc.${Math.max(0, ...candidates) + 1}`
}

export function isBump(text: string): text is Bump {
  return text === 'major' || text === 'minor' || text === 'patch'
}

function checked(version: string, channel: Channel, last: string): string {
  if (semver.valid(version) !== version) refuse(`${version} is no version`)
  const [name] = semver.prerelease(version) ?? ['stable']
  if (name !== channel) refuse(`${version} does not belong to the channel ${channel}`)
  // The last one itself is prepared again as long as it has no tag.
  if (semver.lt(version, last)) refuse(`${version} comes before ${last}`)
  return version
}

function refuse(message: string): never {
  fail({
    code: 'L030',
    message,
    expected: 'major, minor, patch, or a version such as 0.3.0, 0.3.0-rc.1 or 0.3.0-nightly.20261121',
    hint: 'name the channel of a prerelease with --channel',
  })
}

/** How far to go by what was done: below 1.0 a minor may break, so that nothing asks for a major there. */
export function bumpFor(sections: ReadonlySet<string>, last: string): Bump {
  if (sections.has('removed')) return semver.major(last) > 0 ? 'major' : 'minor'
  return sections.has('added') || sections.has('deprecated') ? 'minor' : 'patch'
}
