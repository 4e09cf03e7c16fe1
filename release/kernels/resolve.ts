/** From a line and the archive's package indexes to exact kernels, as Debian names its kernel packages. */
import {type Diagnostic, fail} from '#lib/diagnostics.ts'
import type {Architecture, KernelLine} from '#release/matrix/schema/kernels.ts'
import {compareDebianVersions} from './debian-version.ts'
import type {ArchiveFile, LockedKernel, LockedPackage, PackageRole} from './lock-schema.ts'

/** What is needed of one stanza of a `Packages` index; release/effects/toolbox gives more. */
export type ArchivePackage = {
  name: string
  version: string
  /** `all` or the architecture. */
  architecture: string
  suite: string
  filename: string
  size: number
  sha256: string
  /** Relations as written. */
  depends: string
}

export type DebLine = KernelLine & {archive: {kind: 'deb'}}

/** Whether a line's kernels are listed by a Debian archive and built by us. */
export function isDebLine(line: KernelLine): line is DebLine {
  return line.archive?.kind === 'deb'
}

/** The suites in which kernels of a suite appear: fixes come through two suites of their own. */
export function suitesOf(suite: string): string[] {
  return suite.includes('-') ? [suite] : [suite, `${suite}-updates`, `${suite}-security`]
}

/** Which indexes a line needs: its own architecture's, and that of the machine that builds for the host tools. */
export function neededIndexes(
  line: DebLine,
  builder: Architecture = 'amd64',
): {suite: string; arch: Architecture}[] {
  const architectures = [...new Set([line.arch, builder])]
  return suitesOf(line.archive.suite).flatMap(suite => architectures.map(arch => ({suite, arch})))
}

export type ResolvedLine = {kernels: LockedKernel[]; diagnostics: Diagnostic[]}

/**
 * The newest kernels of a line (`keep` of them) with the packages to build for them and to boot them.
 * A kernel that lacks a package is left out with a warning (K022); none at all is an error (K021).
 */
export function resolveLine(
  line: DebLine,
  packages: readonly ArchivePackage[],
  builder: Architecture = 'amd64',
): ResolvedLine {
  const offer = offerOf(line, packages)
  const found = headersOf(line, offer)
  const diagnostics: Diagnostic[] = []
  const kernels: LockedKernel[] = []
  for (const {kernel, headers} of found) {
    if (kernels.length === line.keep) break
    const locked = lockKernel(line, kernel, headers, offer, builder)
    if (typeof locked !== 'string') kernels.push(locked)
    else diagnostics.push(missingPackage(line, kernel, locked))
  }
  if (kernels.length === 0) diagnostics.push(noKernel(line))
  return {kernels, diagnostics}
}

type Offer = ReadonlyMap<string, ArchivePackage[]>

function offerOf(line: DebLine, packages: readonly ArchivePackage[]): Offer {
  const suites = suitesOf(line.archive.suite)
  const offer = new Map<string, ArchivePackage[]>()
  for (const p of packages) {
    if (!p.name.startsWith('linux-') || !suites.includes(p.suite)) continue
    const list = offer.get(p.name)
    if (list) list.push(p)
    else offer.set(p.name, [p])
  }
  // A package that stands in two suites is taken from the one that keeps it longest.
  for (const list of offer.values()) list.sort((a, b) => suites.indexOf(a.suite) - suites.indexOf(b.suite))
  return offer
}

/** The line's headers packages, newest first. */
function headersOf(line: DebLine, offer: Offer): {kernel: string; headers: ArchivePackage}[] {
  const {flavour, series} = line.archive
  const found: {kernel: string; headers: ArchivePackage}[] = []
  for (const [name, list] of offer) {
    const kernel = name.replace(/^linux-headers-/, '')
    if (kernel === name || !kernel.endsWith(`-${flavour}`)) continue
    const abi = kernel.slice(0, -flavour.length - 1)
    // No further word: `6.12.1-cloud` would be another flavour, and the meta package 6.12-amd64 no kernel.
    if (!abi.startsWith(`${series}.`) || !/^\d[^-]*(?:-\d+)?$/.test(abi)) continue
    const headers = newest(list.filter(p => p.architecture === line.arch))
    if (headers) found.push({kernel, headers})
  }
  return found.sort(
    (a, b) =>
      compareDebianVersions(b.headers.version, a.headers.version) ||
      compareDebianVersions(b.kernel, a.kernel),
  )
}

function newest(packages: readonly ArchivePackage[]): ArchivePackage | undefined {
  return [...packages].sort((a, b) => compareDebianVersions(b.version, a.version))[0]
}

/** The kernel with its packages, or the name of one that is missing. */
function lockKernel(
  line: DebLine,
  kernel: string,
  headers: ArchivePackage,
  offer: Offer,
  builder: Architecture,
): LockedKernel | string {
  const depends = headers.depends.split(/[,|]/).map(d => d.trim().split(/[\s(:]/)[0] ?? '')
  const compiler = depends.map(d => /^(gcc-\d+)(?:-for-host)?$/.exec(d)?.[1]).find(Boolean)
  const common = depends.find(d => /^linux-headers-.*-common/.test(d))
  const kbuild = depends.find(d => d.startsWith('linux-kbuild-'))
  if (!compiler) return 'a compiler such as gcc-14'
  if (!common) return 'linux-headers-…-common'
  if (!kbuild) return 'linux-kbuild-…'
  const pick = (role: PackageRole, name: string, arch: string): LockedPackage | undefined => {
    const fitting = offer.get(name)?.filter(p => p.architecture === arch || p.architecture === 'all')
    const same = fitting?.find(p => p.version === headers.version)
    return same && lockedPackage(role, same)
  }
  const needed = {common: pick('common', common, line.arch), kbuild: pick('kbuild', kbuild, builder)}
  if (!needed.common) return `${common} ${headers.version}`
  if (!needed.kbuild) return `${kbuild} ${headers.version} for ${builder}`
  // Debian signs some images, and from 7.x on a kernel's binary and modules are packages of their own.
  const image =
    pick('image', `linux-binary-${kernel}`, line.arch) ??
    pick('image', `linux-image-${kernel}`, line.arch) ??
    pick('image', `linux-image-${kernel}-unsigned`, line.arch)
  const modules = pick('modules', `linux-modules-${kernel}`, line.arch)
  const packages = [lockedPackage('headers', headers), needed.common, needed.kbuild, image, modules]
  return {kernel, arch: line.arch, compiler, packages: packages.filter(p => p !== undefined)}
}

function lockedPackage(role: PackageRole, p: ArchivePackage): LockedPackage {
  const arch = p.architecture === 'arm64' || p.architecture === 'all' ? p.architecture : 'amd64'
  return {role, arch, ...archiveFile(p)}
}

function archiveFile({name, version, suite, filename, size, sha256}: ArchivePackage): ArchiveFile {
  return {name, version, suite, filename, size, sha256}
}

/** Where what images are made of comes from. */
export const baseSuite = 'trixie'
/** The shell of module images. */
export const basePackage = 'busybox-static'
/** What Node is linked with, the licences that their copyright files name, and what tells a scanner the release. */
export const runtimePackages = ['base-files', 'gcc-14-base', 'libc6', 'libgcc-s1', 'libstdc++6'] as const
type BaseName = typeof basePackage | (typeof runtimePackages)[number]

/**
 * The newest package of that name in the base suite for one architecture.
 * @throws DiagnosticError K022 when there is none
 */
export function resolveBase(
  packages: readonly ArchivePackage[],
  arch: Architecture,
  name: BaseName,
): ArchiveFile {
  const suites = suitesOf(baseSuite)
  const found = newest(
    packages.filter(p => p.name === name && p.architecture === arch && suites.includes(p.suite)),
  )
  if (found) return archiveFile(found)
  return fail(
    {
      code: 'K022',
      message: `the archive has no ${name} for ${arch} in ${suites.join(', ')}`,
      hint: 'check that the mirror is complete',
    },
    3,
  )
}

const baseNames: ReadonlySet<string> = new Set<BaseName>([basePackage, ...runtimePackages])

/** What of an index a lock can need. */
export function concernsLock({name}: ArchivePackage): boolean {
  return name.startsWith('linux-') || baseNames.has(name)
}

function missingPackage(line: DebLine, kernel: string, missing: string): Diagnostic {
  return {
    code: 'K022',
    severity: 'warning',
    message: `line ${line.id}: kernel ${kernel} is left out, the archive has no ${missing}`,
  }
}

function noKernel(line: DebLine): Diagnostic {
  const {suite, series, flavour} = line.archive
  return {
    code: 'K021',
    severity: 'error',
    message: `line ${line.id}: the archive has no kernel ${series}.* of flavour ${flavour} in ${suitesOf(suite).join(', ')}`,
    hint: 'check suite, series and flavour of the line in the matrix',
  }
}
