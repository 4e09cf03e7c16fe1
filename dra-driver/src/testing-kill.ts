/**
 * Loaded into the driver before it starts (`--import`): counts what it does to files, sockets and the API server, and
 * has it killed, as by `kill -9`, before step KILL_AT. Without that it writes the number of steps to KILL_COUNT.
 */
import fs from 'node:fs'
import promises from 'node:fs/promises'
import {syncBuiltinESMExports} from 'node:module'
import net from 'node:net'

const {KILL_AT, KILL_COUNT = ''} = process.env
let steps = 0

function step(): void {
  if (steps++ !== Number(KILL_AT)) return
  process.kill(process.pid, 'SIGKILL')
  for (;;);
}

/** Has a method of `owner` counted each time that it is called. */
function count<Owner extends object>(owner: Owner, ...names: (keyof Owner & string)[]): void {
  for (const name of names) {
    const work: unknown = owner[name]
    if (typeof work !== 'function') throw new Error(`${name} is no function`)
    Object.defineProperty(owner, name, {
      configurable: true,
      writable: true,
      value(this: unknown, ...args: unknown[]) {
        step()
        return Reflect.apply(work, this, args)
      },
    })
  }
}

count(fs, 'mkdirSync', 'writeFileSync', 'writeSync', 'renameSync', 'rmSync')
// grpc-js takes other ways to its sockets: what is counted here are requests of the API server.
count(net.Socket.prototype, 'write')
count(net.Server.prototype, 'listen')
const {open} = promises
promises.open = async (...args) => {
  const file = await open(...args)
  count(file, 'sync', 'write')
  return file
}
syncBuiltinESMExports()

process.on('exit', () => {
  if (KILL_COUNT) fs.appendFileSync(KILL_COUNT, String(steps))
})
