import type {Answer, Call} from '../upgrade/actions/call.ts'

/** What a run does to the world, and the clock by which it does it. */
export interface World {
  /** Makes one call; what fails is an answer too. @throws DiagnosticError E020 a program is not there */
  call(call: Call, timeout: number): Promise<Answer>
  /** Milliseconds since 1970. */
  now(): number
  /** Rejects when the run is asked to stop. */
  sleep(milliseconds: number): Promise<void>
}

/** A file that only grows, line by line. */
export interface Log {
  /** Undefined when there is none yet. */
  read(): Promise<string | undefined>
  /**
   * Adds a line and flushes it to the disk before it returns. An unfinished last line, left by a death in the middle of
   * an append, is cut off first.
   * @throws DiagnosticError Q010 somebody else has written to it meanwhile; Q011 there is no room for it, exit 3
   */
  append(line: string): Promise<void>
}

/** That nobody else runs an upgrade of the same thing at the same time. */
export interface Lock {
  /** Higher than that of every holder before. */
  readonly fence: number
  readonly holder: string
  /** Holds it for longer. @throws DiagnosticError Q020 somebody else has taken it */
  renew(): Promise<void>
  release(): Promise<void>
}
