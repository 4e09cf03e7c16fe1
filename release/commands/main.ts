import {cli} from './cli.ts'
import {commands} from './table.ts'

const interrupt = new AbortController()
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  process.once(signal, () => {
    // Listeners end their children; files appear whole or not at all, so nothing else needs undoing.
    interrupt.abort()
    process.stderr.write('\ninterrupted; the next run goes on where this one stopped\n')
    process.exit(code)
  })

// `lockstep … | head` has seen enough: no error, and nobody left to tell.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 3))

const {argv, env, stdout, stderr} = process
const stdin = () => process.stdin
void cli(
  {argv: argv.slice(2), cwd: process.cwd(), env, stdin, stdout, stderr, signal: interrupt.signal},
  commands,
).then(
  // Not waiting for idle connections to close, but for whoever reads slowly: a pipe holds no more than 64 KiB.
  code => stdout.write('', () => process.exit(code)),
)
