import type {Digest} from './digest.ts'

/**
 * What the stages may do to the world, as interfaces. The real ones live in `release/effects`; tests put
 * fault-injecting ones in their place. A stage takes what it needs as an argument, there is no global.
 */

/** `modified` in milliseconds since 1970. */
export type FileStat = {kind: 'file' | 'dir' | 'other'; size: number; mode: number; modified: number}

/** A file tree. Paths are the system's; every write is all-or-nothing. */
export interface Files {
  read(path: string): Promise<Buffer>
  /** SHA-256 of many files at once, in their order, by all cores when they are large; the sizes only steer the work. */
  hash(files: readonly {path: string; size: number}[]): Promise<Digest[]>
  /** Undefined when nothing is there. */
  stat(path: string): Promise<FileStat | undefined>
  /** Names in a folder, bytewise sorted; empty when the folder is not there. */
  list(path: string): Promise<string[]>
  mkdir(path: string): Promise<void>
  /** Writes beside the target, flushes, then renames: a reader sees the old bytes or the new ones. */
  write(path: string, data: Uint8Array | AsyncIterable<Uint8Array>, options?: {mode?: number}): Promise<void>
  rename(from: string, to: string): Promise<void>
  /** A second name for the same bytes where the file system can, else a copy; replaces the target. */
  link(from: string, to: string): Promise<void>
  /** Removes a file or a whole folder; nothing there is fine. */
  remove(path: string): Promise<void>
  /** @param start byte to begin at */
  stream(path: string, start?: number): AsyncIterable<Uint8Array>
  /**
   * Does a work while no other process does one under the same path, a file that is there meanwhile; within a
   * process too. A process that was ended holds nothing.
   */
  exclusive<T>(path: string, work: () => Promise<T>): Promise<T>
  /** Removes from a folder what writes of processes that were ended have left there. */
  sweep(path: string): Promise<void>
}

/** The global fetch's shape, which tests replace. */
export type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>

/** Runs a program to its end. */
export interface Exec {
  run(command: readonly string[], options?: ExecOptions): Promise<ExecResult>
}
export type ExecOptions = {
  cwd?: string
  env?: Record<string, string>
  stdin?: string | Uint8Array
  /** Milliseconds; the program is ended after it. */
  timeout?: number
  /** Ends the program, and rejects with the signal's reason. */
  signal?: AbortSignal
  /**
   * A session of its own, without a terminal: when it is ended before its time, so is all that it has begun, by SIGTERM and
   * after `grace` milliseconds by SIGKILL. Otherwise the program alone is killed.
   */
  group?: {grace: number}
}
export type ExecResult = {code: number; stdout: Buffer; stderr: Buffer}

/** What a person sees of work that takes more than a second. */
export interface Progress {
  task(title: string): ProgressTask
}
export interface ProgressTask {
  update(note: string): void
  done(note?: string): void
  failed(note?: string): void
}

/** A checkout and the one remote that releases go to. */
export interface Git {
  /** How messages call the remote. */
  readonly remote: string
  /** Commit of the checkout. */
  head(): Promise<string>
  /** Undefined when the checkout is on no branch, as in CI. */
  branch(): Promise<string | undefined>
  /** Paths that differ from the commit, also ones that Git does not track yet. */
  changes(): Promise<string[]>
  /** A file as the commit has it; undefined when it has none. */
  committed(path: string): Promise<Buffer | undefined>
  /** A file as another commit or branch has it; undefined when that, or the file in it, is not known here. */
  fileAt(revision: string, path: string): Promise<Buffer | undefined>
  /** When a commit last changed the file, RFC 3339, UTC; undefined when none did. */
  changedAt(path: string): Promise<string | undefined>
  /** Tags `v…` of commits below this one. */
  tagsBelow(): Promise<string[]>
  /** Commits since a tag, or all, newest first. */
  commitsSince(tag: string | undefined): Promise<{subject: string; paths: string[]}[]>
  /** The commit that a tag stands for here, and at the remote. */
  tagHere(tag: string): Promise<string | undefined>
  tagThere(tag: string): Promise<string | undefined>
  tag(tag: string, message: string): Promise<void>
  /** Takes a tag of this checkout away; the remote keeps what it has. */
  untag(tag: string): Promise<void>
  /** Never moves a tag. `taken`: another tag of that name came first. */
  pushTag(tag: string): Promise<'pushed' | 'taken'>
  /** Makes or goes on with a branch that holds these paths as one commit on top of where the checkout is. */
  commitOn(branch: string, paths: readonly string[], message: string): Promise<void>
  pushBranch(branch: string): Promise<void>
}

export type GitHubAsset = {
  id: number
  name: string
  size: number
  /** `starter`: an upload that broke off and blocks the name. */
  state: string
  /** GitHub tells none for assets of before June 2025. */
  digest: Digest | undefined
}
export type GitHubRelease = {
  id: number
  tag: string
  name: string
  body: string
  draft: boolean
  prerelease: boolean
  url: string
}

/** Releases and pull requests of one repository. */
export interface GitHub {
  /** `owner/name` */
  readonly name: string
  /** Drafts too, which only those who may write see. */
  releases(): Promise<GitHubRelease[]>
  createRelease(release: NewRelease): Promise<GitHubRelease>
  updateRelease(id: number, change: ReleaseChange): Promise<void>
  deleteRelease(id: number): Promise<void>
  assets(id: number): Promise<GitHubAsset[]>
  /** `taken`: an asset of that name is there. */
  upload(id: number, name: string, bytes: Uint8Array): Promise<'uploaded' | 'taken'>
  deleteAsset(id: number): Promise<void>
  /** URL of the open pull request from a branch. */
  pullFrom(branch: string): Promise<string | undefined>
  openPull(pull: {branch: string; base: string; title: string; body: string}): Promise<string>
}
export type NewRelease = {tag: string; commit: string; name: string; body: string; prerelease: boolean}
export type ReleaseChange = {draft?: boolean; latest?: boolean; name?: string; body?: string}
