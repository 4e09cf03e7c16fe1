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
  signal?: AbortSignal
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
