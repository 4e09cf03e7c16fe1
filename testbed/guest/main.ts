/** `npm run guest`: a guest with emulated accelerators and the module of this checkout, and a shell in it. */
import {readFileSync} from 'node:fs'
import {fail} from '#lib/diagnostics.ts'
import {realProgress} from '#release/effects/progress.ts'
import {openToolbox} from '#release/effects/toolbox/toolbox.ts'
import {type Options, optionsHelp, readOptions} from '../../vfio-user-server/src/command-line.ts'
import {runProgram} from '../../vfio-user-server/src/problems.ts'
import {type Machine, type MachineOptions, paths, startMachine} from './machine.ts'
import {newestKernels} from './module.ts'
import {personFiles, standardTopology} from './person.ts'

const options: Options = {
  topology: {
    type: 'string',
    value: 'FILE',
    summary: 'the machine, as mock-accel-server reads it; two NUMA nodes with a PF and two VFs each',
  },
  kernel: {type: 'string', value: 'LINE', summary: 'of matrix/kernels.lock.yaml, debian-13-cloud-amd64'},
  'no-module': {type: 'boolean', summary: `do not load the module, which is ${paths.module}`},
  run: {type: 'string', value: 'SCRIPT', summary: 'run this instead of a shell, and end as it ends'},
  help: {type: 'boolean', short: 'h', summary: 'this text'},
}

const help = `A QEMU guest with emulated accelerators, the driver of this checkout, and a shell in it.

  npm run guest -- [--topology FILE] [--kernel LINE] [--no-module] [--run SCRIPT]

${optionsHelp(options)}
In the shell, \`devices\` shows what there is; \`exit\` or Ctrl-] ends the guest.
`

async function main(argv: readonly string[]): Promise<number> {
  const values = readOptions(argv, options)
  if (values.flag('help')) {
    process.stdout.write(`${help}Kernel lines: ${amd64Lines().join(', ')}\n`)
    return 0
  }
  const [topology, run] = [values.text('topology'), values.text('run')]
  const started = Date.now()
  const machine = await start({
    line: values.text('kernel') ?? 'debian-13-cloud-amd64',
    topology: topology === undefined ? standardTopology : readTopology(topology),
    files: personFiles({module: !values.flag('no-module')}),
    shell: run === undefined,
  })
  process.stderr.write(
    `Linux ${machine.guest.release} is up after ${((Date.now() - started) / 1000).toFixed(1)} s.\n`,
  )
  try {
    return run === undefined ? await shell(machine) : await script(machine, run)
  } finally {
    await machine.stop()
  }
}

/** The first time that takes a minute or more: silence would look like a fault. */
async function start(wanted: MachineOptions): Promise<Machine> {
  const progress = realProgress()
  await openToolbox({progress})
  const task = progress.task(`${wanted.line}: kernel, driver, boot`)
  try {
    const machine = await startMachine(wanted)
    task.done()
    return machine
  } catch (error) {
    task.failed()
    throw error
  }
}

function readTopology(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    return fail({code: 'B521', message: `the topology cannot be read: ${(error as Error).message}`}, 2)
  }
}

const amd64Lines = () => newestKernels().flatMap(k => (k.kernel.arch === 'amd64' ? [k.line] : []))

async function script({guest}: Machine, text: string): Promise<number> {
  const {output, code} = await guest.run(text, 3_600_000)
  process.stdout.write(output === '' ? '' : `${output}\n`)
  return code
}

const ctrlBracket = 0x1d

/** Joins this terminal to the guest's until either ends. */
async function shell({guest, server}: Machine): Promise<number> {
  const {stdin, stdout} = process
  process.stderr.write(
    `Break devices from another terminal:\n  node vfio-user-server/src/ctl.ts --control ${server.folder}/control.sock --help\nCtrl-] ends the guest.\n`,
  )
  const line = guest.shell
  if (!line) return 1
  await guest.run(`stty -F /dev/ttyS1 rows ${stdout.rows ?? 24} cols ${stdout.columns ?? 80}`)
  if (stdin.isTTY) stdin.setRawMode(true)
  const left = new Promise<void>(resolve =>
    stdin.on('data', (bytes: Buffer) => {
      if (bytes.includes(ctrlBracket)) resolve()
      else line.write(bytes)
    }),
  )
  // A pipe's end is what Ctrl-D is to a terminal.
  stdin.on('end', () => line.write('\x04'))
  line.pipe(stdout, {end: false})
  line.write('\n')
  await Promise.race([left, guest.ended])
  if (stdin.isTTY) stdin.setRawMode(false)
  stdin.pause()
  process.stderr.write('\n')
  return 0
}

void runProgram(() => main(process.argv.slice(2)))
