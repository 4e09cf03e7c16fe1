/** Structured logs: one JSON object a line, on standard error. */

export const levels = ['error', 'warn', 'info', 'debug'] as const
export type Level = (typeof levels)[number]
export type Fields = Readonly<Record<string, string | number | boolean | undefined>>

/** Quiet below its level. */
export type Log = (level: Level, message: string, fields?: Fields) => void

export function makeLog(upTo: Level, write: (line: string) => void, now: () => Date = () => new Date()): Log {
  const limit = levels.indexOf(upTo)
  return (level, message, fields) => {
    if (levels.indexOf(level) > limit) return
    write(`${JSON.stringify({time: now().toISOString(), level, message, ...fields})}\n`)
  }
}

export const silent: Log = () => {}
