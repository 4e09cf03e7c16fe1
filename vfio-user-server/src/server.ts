import {join} from 'node:path'
import {type Log, silent} from './log.ts'
import {buildPf, type Machine} from './machine.ts'
import {Outbox} from './outbox.ts'
import type {RandomSource} from './passphrase.ts'
import {type PhysicalFunction, VirtualFunction} from './pci-function.ts'
import {ServedFunction} from './served-function.ts'
import type {Transport} from './transport.ts'

export type ServerOptions = {
  transport: Transport
  /** Path of a function's socket by its name. */
  socketOf: (name: string) => string
  log?: Log
  partialTimeoutMs?: number
  backlogLimit?: number
  random?: RandomSource
}

/** All functions of a machine, each on its own socket, in one process: a PF and its VFs share state. */
export class Server {
  readonly functions: readonly ServedFunction[]

  constructor(machine: Machine, {transport, socketOf, random, ...options}: ServerOptions) {
    const serve = {
      transport,
      outbox: new Outbox(),
      log: options.log ?? silent,
      partialTimeoutMs: options.partialTimeoutMs ?? 10_000,
      backlogLimit: options.backlogLimit ?? 4 * 1024 * 1024,
    }
    const all = (pf: PhysicalFunction) => [pf, ...pf.vfs]
    this.functions = machine.pfs
      .flatMap(pf => all(buildPf(pf, machine.sriov, random)))
      .map(one => new ServedFunction(one, socketOf(one.name), serve))
  }

  /** Listens for all functions, or for none: whoever cannot is told, and the others are let go. */
  async listen(): Promise<void> {
    const results = await Promise.allSettled(this.functions.map(one => one.listen()))
    const failed = results.find(result => result.status === 'rejected')
    if (!failed) return
    this.close()
    throw failed.reason
  }

  close(): void {
    for (const one of this.functions) one.close()
  }

  find(name: string): ServedFunction | undefined {
    return this.functions.find(one => one.function.name === name)
  }
}

/** Whether a function is there for the guest just now. */
export function isEnabled({function: one}: ServedFunction): boolean {
  return !(one instanceof VirtualFunction && one.isHidden)
}

/** Sockets in a folder, one for each function. */
export function socketsIn(folder: string): (name: string) => string {
  return name => join(folder, `${name}.sock`)
}

/** The PF at a path of its own, its VFs beside it. */
export function socketsAt(path: string, pf: string): (name: string) => string {
  const stem = path.replace(/\.sock$/, '')
  return name => (name === pf ? path : `${stem}${name.slice(pf.length)}.sock`)
}
