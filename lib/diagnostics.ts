/** Problems as data: found anywhere, collected, and shown together. */

/** A span in a text file; lines and columns count from 1, columns in UTF-16 units, `end` is exclusive. */
export type Place = {
  file: string
  line: number
  col: number
  endLine?: number
  endCol?: number
}

export type Diagnostic = {
  /** Stable and documented: `lockstep explain CODE` tells the long story. */
  code: string
  severity: 'error' | 'warning'
  message: string
  place?: Place
  /** What would have been right, for example `a version range such as >=1.34 <1.38`. */
  expected?: string
  /** The next step: a command or an edit. */
  hint?: string
  related?: {message: string; place: Place}[]
}

/** What a process may end with: 1 differences or refusal, 2 misuse, 3 environment (try again). */
export type ExitCode = 1 | 2 | 3

/** Carries problems up to whoever shows them; thrown once, with all that were found. */
export class DiagnosticError extends Error {
  readonly diagnostics: readonly Diagnostic[]
  readonly exit: ExitCode

  constructor(diagnostics: readonly Diagnostic[], exit: ExitCode = 1, options?: ErrorOptions) {
    super(diagnostics.map(d => `${d.code}: ${d.message}`).join('\n'), options)
    this.name = 'DiagnosticError'
    this.diagnostics = diagnostics
    this.exit = exit
  }
}

/**
 * Ends the current work with one problem.
 * @throws DiagnosticError always
 */
export function fail(
  problem: Omit<Diagnostic, 'severity'>,
  exit: ExitCode = 1,
  options?: ErrorOptions,
): never {
  throw new DiagnosticError([{severity: 'error', ...problem}], exit, options)
}

/** In the order of a reader: by file, then line, then column, then code. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const key = (d: Diagnostic) => [d.place?.file ?? '', d.place?.line ?? 0, d.place?.col ?? 0, d.code] as const
  return [...diagnostics].sort((a, b) => {
    const [ka, kb] = [key(a), key(b)]
    for (let i = 0; i < ka.length; i++) {
      const [x, y] = [ka[i] as string | number, kb[i] as string | number]
      if (x !== y) return x < y ? -1 : 1
    }
    return 0
  })
}
