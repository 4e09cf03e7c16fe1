/** matrix/kernels.lock.yaml: the exact kernels of each line and the packages they are built from. */
import {z} from 'zod'
import {architecture} from '#release/matrix/schema/kernels.ts'
import {date, id, int, text} from '#release/matrix/schema/scalars.ts'

export const lockVersion = 'lockstep/kernels/v1'

/** What a package is needed for. */
export const packageRole = z.enum([
  /** `linux-headers-<abi>-<flavour>`: the configuration and Module.symvers of one kernel. */
  'headers',
  /** `linux-headers-<abi>-common`: what flavours share. */
  'common',
  /** `linux-kbuild-<abi>`: host tools, always those of the machine that builds. */
  'kbuild',
  /** The bootable kernel, and for split packages its binary; for load tests only. */
  'image',
  /** The in-tree modules, where they are a package of their own; for load tests only. */
  'modules',
])
export type PackageRole = z.output<typeof packageRole>

/** One package file of the archive, without any host. */
export const archiveFile = z.strictObject({
  name: text,
  version: text,
  suite: id,
  /** Path below the mirror's root. */
  filename: z.string().regex(/^pool\/[^\s]+\.deb$/, 'must be a path below pool/'),
  /** Bytes. */
  size: int,
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits'),
})
export type ArchiveFile = z.output<typeof archiveFile>

export const lockedPackage = archiveFile.extend({
  role: packageRole,
  arch: z.enum(['amd64', 'arm64', 'all']),
})
export type LockedPackage = z.output<typeof lockedPackage>

export const lockedKernel = z.strictObject({
  /** The raw name, as `uname -r` tells it. */
  kernel: text,
  arch: architecture,
  /** The compiler that built the kernel, `gcc-14`. */
  compiler: z.string().regex(/^gcc-\d+$/, 'must be gcc-<major>'),
  packages: z.array(lockedPackage).min(1),
})
export type LockedKernel = z.output<typeof lockedKernel>

export const lockSchema = z.strictObject({
  apiVersion: z.literal(lockVersion),
  /** The day on which the archive was asked. */
  resolved: date,
  /** busybox-static for each architecture: the shell and the tools in every module image. */
  base: z.strictObject({amd64: archiveFile, arm64: archiveFile}),
  /** The C and C++ libraries under every image that runs Node, for each architecture. */
  runtime: z.strictObject({amd64: z.array(archiveFile).min(1), arm64: z.array(archiveFile).min(1)}),
  lines: z.record(id, z.array(lockedKernel)),
})
export type Lock = z.output<typeof lockSchema>
