/**
 * For tests: loaded before `lockstep` (NODE_OPTIONS=--import), it counts the steps in which the process touches the
 * world (calls to the file tree, programs started and ended, requests and answers) and ends the process by SIGKILL at
 * the step that DIE_AT names. With STEPS_TO the names of all steps are written there, one a line.
 */
import childProcess, {type ChildProcess} from 'node:child_process'
import {writeFileSync} from 'node:fs'
import files from 'node:fs/promises'
import {syncBuiltinESMExports} from 'node:module'

const {DIE_AT, STEPS_TO} = process.env
const steps: string[] = []

function step(name: string): void {
  if (steps.push(name.replaceAll('\n', ' ')) === Number(DIE_AT)) process.kill(process.pid, 'SIGKILL')
}

/** Counts a call of `object[name]` before it does anything. */
function counted(object: object, name: string): void {
  const call = Reflect.get(object, name) as (...args: unknown[]) => unknown
  Reflect.set(object, name, function (this: unknown, ...args: unknown[]) {
    step(name)
    return call.apply(this, args)
  })
}

// Not the bundler, which the launcher may start first.
if (process.argv[1]?.endsWith('/lockstep.cjs')) {
  for (const name of ['rename', 'mkdir', 'rm', 'link', 'copyFile', 'readFile', 'writeFile'])
    counted(files, name)
  const {open} = files
  files.open = async (...args) => {
    step('open')
    const file = await open(...args)
    // A file that is there and still empty, and one that is full and not yet in its place.
    for (const name of ['writeFile', 'write', 'sync', 'close']) counted(file, name)
    return file
  }
  const {spawn} = childProcess
  childProcess.spawn = ((...args: Parameters<typeof spawn>): ChildProcess => {
    const command = args.slice(0, 2).flat().join(' ')
    return spawn(...args)
      .once('spawn', () => step(`start ${command}`))
      .once('exit', () => step(`end ${command}`))
  }) as typeof spawn
  const {fetch} = globalThis
  globalThis.fetch = async (...args) => {
    const request = `${args[1]?.method ?? 'GET'} ${args[0]}`
    step(request)
    const response = await fetch(...args)
    step(`${response.status} ${request}`)
    return response
  }
  // Also for who imports them by name, late.
  syncBuiltinESMExports()
  if (STEPS_TO) process.on('exit', () => writeFileSync(STEPS_TO, steps.join('\n')))
}
