/**
 * For tests: loaded before `lockstep` (NODE_OPTIONS=--import), it counts the steps in which the process touches the
 * world (calls to the file tree, programs started and ended, requests and answers) and ends the process by SIGKILL at
 * the step that DIE_AT names. With COUNT_TO the number of all steps is written there.
 */
import childProcess, {type ChildProcess} from 'node:child_process'
import {writeFileSync} from 'node:fs'
import files from 'node:fs/promises'

const {DIE_AT, COUNT_TO} = process.env
let steps = 0

function step(): void {
  if (++steps === Number(DIE_AT)) process.kill(process.pid, 'SIGKILL')
}

/** Counts a call of `object[name]` before it does anything. */
function counted(object: object, name: string): void {
  const call = Reflect.get(object, name) as (...args: unknown[]) => unknown
  Reflect.set(object, name, function (this: unknown, ...args: unknown[]) {
    step()
    return call.apply(this, args)
  })
}

// Not the bundler, which the launcher may start first.
if (process.argv[1]?.endsWith('/lockstep.cjs')) {
  for (const name of ['rename', 'mkdir', 'rm', 'link', 'copyFile', 'readFile', 'writeFile'])
    counted(files, name)
  const {open} = files
  files.open = async (...args) => {
    step()
    const file = await open(...args)
    // A file that is there and still empty, and one that is full and not yet in its place.
    for (const name of ['writeFile', 'write', 'sync', 'close']) counted(file, name)
    return file
  }
  const {spawn} = childProcess
  childProcess.spawn = ((...args: Parameters<typeof spawn>): ChildProcess =>
    spawn(...args)
      .once('spawn', step)
      .once('exit', step)) as typeof spawn
  const {fetch} = globalThis
  globalThis.fetch = async (...args) => {
    step()
    const response = await fetch(...args)
    step()
    return response
  }
  if (COUNT_TO) process.on('exit', () => writeFileSync(COUNT_TO, String(steps)))
}
