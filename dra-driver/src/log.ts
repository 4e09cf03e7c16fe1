/** Structured logs: one JSON object a line, on standard error; or text for people. */

export const levels = ['error', 'warn', 'info', 'debug'] as const
export type Level = (typeof levels)[number]
export type Fields = Readonly<Record<string, string | number | boolean | undefined>>
export type Log = (level: Level, message: string, fields?: Fields) => void

export type LogOptions = {level: Level; format: 'json' | 'text'; now?: () => Date}

/** Quiet below its level. */
export function makeLog({level: upTo, format, now}: LogOptions, write: (line: string) => void): Log {
  const limit = levels.indexOf(upTo)
  return (level, message, fields) => {
    if (levels.indexOf(level) > limit) return
    const time = (now?.() ?? new Date()).toISOString()
    if (format === 'json') return write(`${JSON.stringify({time, level, message, ...fields})}\n`)
    const rest = Object.entries(fields ?? {})
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => ` ${name}=${JSON.stringify(value)}`)
    write(`${time} ${level.toUpperCase().padEnd(5)} ${message}${rest.join('')}\n`)
  }
}

export const silent: Log = () => {}

/** What an error says, for a log's field or an answer to kubelet. */
export function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
