import type {ChildProcess} from 'node:child_process'
import type {Progress} from '#release/lib/effects.ts'

/** One binary package as a Debian mirror offers it: what a lock keeps of it, without any host. */
export type Deb = {
  /** The suite whose mirror holds the file: `trixie`, `trixie-backports`, `bookworm-security`, … */
  suite: string
  /** Path below the mirror's root, `pool/main/…`, as the package index tells it. */
  filename: string
  /** Lower-case hex. */
  sha256: string
  /** Bytes. */
  size: number
}

/** One stanza of a `Packages` index; the fields that locks and resolvers need. */
export type PackageRecord = Deb & {
  name: string
  version: string
  architecture: string
  /** The source package's name and version (the binary's own when the index names none). */
  source: string
  sourceVersion: string
  /** Relations as written: `gcc-14, linux-kbuild-6.12 (>= 6.12.107), a | b`; empty when there are none. */
  depends: string
  preDepends: string
  provides: string
}

export type FetchOptions = {
  progress?: Progress
  signal?: AbortSignal
  /** Asks the mirror even when a fresh answer lies in the cache. */
  refresh?: boolean
}

/**
 * Brings one package file from the machine's own Debian mirror into `<cache>/debs/<sha256>` and answers
 * that path. Resumes a partial download; the bytes are checked against size and sha256.
 * @throws DiagnosticError exit 3: T001 no mirror known, T002 not reachable, T003 vanished, T004 other bytes
 */
export type FetchDeb = (deb: Deb, options?: FetchOptions) => Promise<string>

/**
 * Every package of one suite (component main) for one architecture, in the index's order, `all` included.
 * Release file signature-checked when gpgv and Debian's keyring are at hand, index checked by its sha256.
 * @throws DiagnosticError exit 3: T001 no mirror known, T002 not reachable, T003 no such suite there,
 *   T005 bad signature, T006 index and Release file disagree, T007 xz is missing
 */
export type PackageIndex = (
  suite: string,
  arch: 'amd64' | 'arm64',
  options?: FetchOptions,
) => Promise<PackageRecord[]>

/** A folder or file of the host shown inside the root. */
export type Bind = {from: string; to: string; readonly?: boolean}

export type ToolboxOptions = {
  /** Inside the root; `/` when absent. */
  cwd?: string
  binds?: readonly Bind[]
  /** The whole environment but for PATH, HOME, LC_ALL=C.UTF-8 and TZ=UTC, which are set when not named. */
  env?: Readonly<Record<string, string>>
  signal?: AbortSignal
}
export type ToolboxRunOptions = ToolboxOptions & {
  stdin?: string | Uint8Array
  /** Milliseconds; the program and all it started are ended after it. */
  timeout?: number
  /** Most bytes kept of each stream; the rest is dropped. Default 64 MiB. */
  maxOutput?: number
}
export type ToolboxResult = {code: number; stdout: Buffer; stderr: Buffer}

/**
 * The Debian root in which compilers, QEMU and servers run. Each run has a mount namespace of its own:
 * the root itself is read-only there, `/tmp` and `/build` are empty and private (unless bound), `/proc`,
 * `/dev` and `/sys` are the host's, and so are the network (without name resolution) and the process ids.
 */
export interface Toolbox {
  /** Hex digest of the lock that the root was made from; an input of everything built in it. */
  readonly digest: string
  /** `overlay`: some locked package has vanished from the mirror and its successor was taken. */
  readonly lock: 'committed' | 'overlay'
  /** The root's folder on the host. */
  readonly root: string
  /** Runs a program to its end; a non-zero code is an answer, not an error. */
  run(command: readonly string[], options?: ToolboxRunOptions): Promise<ToolboxResult>
  /** Starts a program; ending the child ends the program. */
  spawn(
    command: readonly string[],
    options?: ToolboxOptions & {stdio?: 'pipe' | 'inherit' | 'ignore'},
  ): ChildProcess
}

/**
 * The toolbox of the committed lock, made first when it is not in the cache yet (about 30 s).
 * @throws DiagnosticError exit 3 when it can't be made here
 */
export type OpenToolbox = (options?: {progress?: Progress; signal?: AbortSignal}) => Promise<Toolbox>
