/** `mock-accel-server`: serves a machine's devices, or tells QEMU's arguments for it. */
import {DiagnosticError} from '#lib/diagnostics.ts'
import {version} from '#lib/version.ts'
import {misuse, type Options, optionsHelp, readOptions} from './command-line.ts'
import {runProgram} from './problems.ts'
import {socketsIn} from './server.ts'
import {serverOptions, serveSettings} from './server-options.ts'

const qemuOptions: Options = {
  topology: {type: 'string', value: 'FILE', summary: 'the machine'},
  sockets: {type: 'string', value: 'DIR', summary: 'folder of the sockets, /run/mock-accel'},
  output: {type: 'string', short: 'o', choices: ['text', 'json'], summary: 'for a shell, or a JSON list'},
  help: {type: 'boolean', short: 'h', summary: 'this text'},
}

const help = `Emulated PCI Express accelerators for QEMU, over vfio-user.

  mock-accel-server --socket DIR [--topology FILE | options of one PF]
  mock-accel-server qemu-args --topology FILE [--sockets DIR]

Writes "ready" to standard output once every socket is there. Ends by SIGTERM or SIGINT.
The released file, called with --licenses, prints the licences of all that is in it.

${optionsHelp(serverOptions)}
qemu-args:
${optionsHelp(qemuOptions)}`

export async function main(argv: readonly string[]): Promise<number> {
  if (argv[0] === 'qemu-args') return printQemuArgs(argv.slice(1))
  const settings = serveSettings(argv)
  if (settings === 'help') {
    process.stdout.write(help)
    return 0
  }
  // Whoever read what we say may go; the guests stay.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  if (settings === 'version') {
    process.stdout.write(`mock-accel-server ${version}\n`)
    return 0
  }
  const {serve} = await import('./serve.ts')
  const {close} = await serve(settings)
  process.stdout.write('ready\n')
  await new Promise<void>(resolve => {
    process.once('SIGTERM', resolve)
    process.once('SIGINT', resolve)
  })
  close()
  // Not later: an idle client of the control socket or of the metrics would keep the process.
  process.exit(0)
}

async function printQemuArgs(argv: readonly string[]): Promise<number> {
  const values = readOptions(argv, qemuOptions)
  if (values.flag('help')) {
    process.stdout.write(help)
    return 0
  }
  const file = values.text('topology')
  if (file === undefined)
    throw new DiagnosticError([misuse('U003', 'the machine is not said', 'give --topology FILE')], 2)
  const {readTopology} = await import('./topology/read.ts')
  const {qemuArgs, shellText} = await import('./topology/qemu-args.ts')
  const args = qemuArgs(readTopology(file), socketsIn(values.text('sockets') ?? '/run/mock-accel'))
  process.stdout.write(
    values.text('output') === 'json' ? `${JSON.stringify(args, null, 2)}\n` : shellText(args),
  )
  return 0
}

if (import.meta.main) void runProgram(() => main(process.argv.slice(2)))
