import {cli} from './cli.ts'
import {commands} from './table.ts'

const interrupt = new AbortController()
/** What has something to give back, or children that end in their own time. */
const unwinding = new Set<Promise<unknown>>()
/** Milliseconds that it has for that. */
const patience = 45_000
let stopped: number | undefined

for (const [signal, code] of [
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  process.on(signal, () => {
    // The second time somebody means it: no child outlives this process.
    if (stopped !== undefined) process.exit(code)
    stopped = code
    // Listeners end their children; files appear whole or not at all, so nothing else needs undoing.
    interrupt.abort()
    const wait = unwinding.size > 0 ? '; waiting for what was begun to end, once more to kill it' : ''
    process.stderr.write(`\ninterrupted${wait}; the next run goes on where this one stopped\n`)
    if (unwinding.size === 0) process.exit(code)
    setTimeout(() => process.exit(code), patience).unref()
    void Promise.allSettled(unwinding).then(() => process.exit(code))
  })

// `lockstep … | head` has seen enough: no error, and nobody left to tell.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 3))

const {argv, env, stdout, stderr} = process
const stdin = () => process.stdin
void cli(
  {
    argv: argv.slice(2),
    cwd: process.cwd(),
    env,
    stdin,
    stdout,
    stderr,
    signal: interrupt.signal,
    unwinds: work => void unwinding.add(work),
  },
  commands,
).then(
  // Not waiting for idle connections to close, but for whoever reads slowly: a pipe holds no more than 64 KiB.
  code => stdout.write('', () => process.exit(stopped ?? code)),
)
