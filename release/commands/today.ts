/** The day on which the command runs, where nobody said another. UTC, `2026-11-21`. */
export function today(): string {
  return new Date().toISOString().slice(0, 10)
}
