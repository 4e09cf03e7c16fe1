import type {Digest} from '../../lib/digest.ts'
import type {LockedPackage} from '../../plan/plan.ts'

/** Package URLs, https://github.com/package-url/purl-spec: qualifiers sorted by key. */
export const purlOf = {
  deb: ({name, version, suite, filename}: LockedPackage): string =>
    purl('deb', ['debian', name], version, {arch: debArch(filename), distro: suite}),
  npm: (name: string, version: string): string => purl('npm', name.split('/'), version),
  /** @param repository with its registry */
  oci: (repository: string, digest: Digest, tag?: string): string =>
    purl('oci', [repository.split('/').at(-1) ?? repository], digest, {
      repository_url: repository,
      ...(tag ? {tag} : {}),
    }),
  file: (name: string, version: string, digest?: Digest): string =>
    purl('generic', [name], version, digest ? {checksum: digest} : {}),
  /** Something of a source repository that is in no package registry. */
  source: (url: string, name: string, version: string, more: Record<string, string> = {}): string =>
    purl('generic', [name], version, {...more, vcs_url: `git+${url}@v${version}`}),
}

function purl(
  type: string,
  path: string[],
  version: string,
  qualifiers: Record<string, string> = {},
): string {
  const query = Object.entries(qualifiers)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([k, v]) => `${k}=${encode(v)}`)
    .join('&')
  return `pkg:${type}/${path.map(encode).join('/')}@${encode(version)}${query ? `?${query}` : ''}`
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}

function debArch(filename: string): string {
  return /_([a-z0-9]+)\.deb$/.exec(filename)?.[1] ?? 'all'
}

/** What vulnerability databases call a thing, where they do not know the package: Node's own builds. */
export function cpeOf(name: string, version: string): {cpe?: string} {
  return /^node-linux-/.test(name) ? {cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`} : {}
}
