import {DiagnosticError, fail} from '#lib/diagnostics.ts'

/** What may well pass if it is tried again. Carries the diagnostic to show when it does not. */
export class Trouble extends Error {
  override name = 'Trouble'
  readonly code: string
  /** Milliseconds for which the other side asked. */
  readonly after: number | undefined

  constructor(code: string, message: string, options: {after?: number | undefined; cause?: unknown} = {}) {
    super(message, {cause: options.cause})
    this.code = code
    this.after = options.after
  }
}

export type RetryOptions = {
  /** Tries altogether. */
  attempts: number
  /** Milliseconds before the second try; doubled each time, up to `most`. */
  first: number
  most: number
  sleep(ms: number): Promise<void>
  /** From 0 up to 1. */
  random(): number
}

export const defaultRetry: RetryOptions = {
  attempts: 7,
  first: 500,
  most: 30_000,
  sleep: ms => new Promise(done => setTimeout(done, ms)),
  random: Math.random,
}

/**
 * Tries until it works, something else than Trouble comes, or the attempts are used up.
 * @param what in a message: `pushing sha256:… to ghcr.io/acme/x`
 * @throws the Trouble's code as a diagnostic, exit 3
 */
export async function retry<T>(
  what: string,
  options: RetryOptions,
  work: (attempt: number) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(attempt)
    } catch (error) {
      if (!(error instanceof Trouble)) throw error
      if (attempt >= options.attempts) return giveUp(what, error, attempt)
      await options.sleep(pause(attempt, error.after, options))
    }
  }
}

/**
 * Milliseconds to wait after a failed attempt (counted from 1): exponential, with jitter in the upper half,
 * so that many clients don't come back in step.
 */
export function pause(
  attempt: number,
  after: number | undefined,
  {first, most, random}: RetryOptions,
): number {
  const backoff = Math.min(most, first * 2 ** (attempt - 1))
  const jittered = backoff / 2 + (backoff / 2) * random()
  // A server's wish is honoured up to two minutes; 1.88 ms (GHCR) does not make us hammer it.
  return Math.max(jittered, Math.min(after ?? 0, 120_000))
}

function giveUp(what: string, trouble: Trouble, attempts: number): never {
  fail(
    {
      code: trouble.code,
      message: `${what} failed ${attempts} times, the last time: ${trouble.message}`,
      hint: 'nothing is lost: run the same command again, it goes on where it stopped',
    },
    3,
    {cause: trouble},
  )
}

/**
 * Milliseconds from a Retry-After header: seconds (also fractions), an HTTP date (RFC 9110 section 10.2.3),
 * and what real registries send besides: Go durations such as `1.88ms` or `1m30s`.
 */
export function parseRetryAfter(text: string | null, now: number): number | undefined {
  if (text === null) return undefined
  const value = text.trim()
  if (/^\d+(?:\.\d+)?$/.test(value)) return Number(value) * 1000
  if (/^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/.test(value)) {
    const units: Record<string, number> = {ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1e3, m: 6e4, h: 36e5}
    const parts = value.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)
    return [...parts].reduce((sum, [, n, unit]) => sum + Number(n) * (units[unit ?? ''] ?? 0), 0)
  }
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

/** An answer of fetch's rejections: Trouble if the line is to blame, a diagnostic if trying again can't help. */
export function lineTrouble(error: unknown, host: string): never {
  const outer = error instanceof TypeError ? (error.cause as NodeJS.ErrnoException | undefined) : undefined
  // What a proxy refuses to pass on is wrapped once more, as something that was cancelled.
  const cause = outer instanceof DOMException && outer.cause ? (outer.cause as NodeJS.ErrnoException) : outer
  // Everything else, an abort or a bug, is not the network's.
  if (!(error instanceof TypeError) || cause === undefined) throw error
  // No code, no request: https://fetch.spec.whatwg.org/#port-blocking
  if (cause.message === 'bad port')
    return fail(
      {
        code: 'R012',
        message: `${host} has a port that belongs to another protocol, so nothing is sent there`,
        expected: 'a port that web clients may use, such as 443, 5000 or 8080',
        hint: 'let the registry listen on another port',
      },
      2,
      {cause: error},
    )
  // What a body's own source threw comes wrapped the same way; only trouble on the line has a code.
  if (cause instanceof DiagnosticError || typeof cause.code !== 'string') throw cause
  const {code} = cause
  if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_/.test(code))
    return fail(
      {
        code: 'R006',
        message: `${host} can't be trusted or speaks no TLS: ${cause.message} (${code})`,
        hint: "give the registry's authority in NODE_EXTRA_CA_CERTS (NODE_USE_SYSTEM_CA=1 takes the system's), or --plain-http",
      },
      3,
      {cause: error},
    )
  if (code === 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH')
    return fail(
      {
        code: 'O021',
        message: `what was to be sent to ${host} has another size than it was announced with`,
        hint: 'the file changed or is damaged: `lockstep release build` makes it anew',
      },
      1,
      {cause: error},
    )
  if (code === 'ENOTFOUND')
    return fail(
      {
        code: 'R001',
        message: `there is no host ${host}`,
        hint: 'look at its name and at the network; HTTPS_PROXY is used with NODE_USE_ENV_PROXY=1 only',
      },
      3,
      {cause: error},
    )
  throw new Trouble('R001', `${host} can't be reached: ${cause.message || code}`, {cause: error})
}
