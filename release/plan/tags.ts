import semver from 'semver'

export type Channel = 'stable' | 'rc' | 'nightly'

/** By the version's own words: `0.3.0-rc.1` is of the channel rc. */
export function channelOf(version: string): Channel {
  const [name] = semver.prerelease(version) ?? []
  return name === undefined ? 'stable' : name === 'nightly' ? 'nightly' : 'rc'
}

/**
 * Tags that follow the newest release of a channel: `v0.2`, `v0` and `latest` for a stable 0.2.0, the channel's
 * name for the others.
 */
export function floatingTags(version: string, channel: Channel): string[] {
  if (channel !== 'stable') return [channel]
  const {major, minor} = new semver.SemVer(version)
  return [`v${major}.${minor}`, `v${major}`, 'latest']
}

/** The tag that follows the newest kernel of a line; a channel other than stable has its own. */
export function lineTag(line: string, channel: Channel): string {
  return channel === 'stable' ? `latest-${line}` : `${channel}-${line}`
}
