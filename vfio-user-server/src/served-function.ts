import type {Faults} from './faults.ts'
import type {Log} from './log.ts'
import type {Outbox} from './outbox.ts'
import type {PciFunction} from './pci-function.ts'
import {Session} from './session.ts'
import {newStats, type Stats} from './stats.ts'
import type {Connection, ConnectionHandler, Listener, Transport} from './transport.ts'

export type ServeOptions = {
  transport: Transport
  outbox: Outbox
  log: Log
  partialTimeoutMs: number
  backlogLimit: number
}

const mostWaiting = 8

/** A function on its socket: one client at a time, and after it the next. */
export class ServedFunction {
  readonly function: PciFunction
  readonly path: string
  readonly stats: Stats = newStats()
  readonly #options: ServeOptions
  #session: Session | undefined
  /** Connected, and no VERSION yet. */
  readonly #waiting = new Set<Session>()
  #listener: Listener | undefined

  constructor(served: PciFunction, path: string, options: ServeOptions) {
    this.function = served
    this.path = path
    this.#options = options
  }

  get session(): Session | undefined {
    return this.#session
  }

  /** @throws Error with code EADDRINUSE when somebody listens there already */
  async listen(): Promise<void> {
    this.#listener = await this.#options.transport.listen(this.path, connection => this.#accept(connection))
  }

  close(): void {
    this.#listener?.close()
    for (const session of [this.#session, ...this.#waiting]) session?.destroy('the server ends')
  }

  /** Changes what is wrong on purpose. */
  setFaults(change: Partial<Faults>): void {
    Object.assign(this.function.faults, change)
    this.function.faultsChanged()
    if (this.function.faults.disconnected) this.#session?.destroy('a fault was injected')
  }

  // Whoever says VERSION first has the function; one that only looks whether somebody is here takes it from nobody.
  #accept(connection: Connection): ConnectionHandler {
    const session = new Session(connection, this.function, {
      ...this.#options,
      stats: this.stats,
      claim: session => this.#claim(session),
      ended: (session, why) => this.#ended(session, why),
    })
    this.#waiting.add(session)
    if (this.function.faults.disconnected) session.destroy('a fault was injected')
    const [oldest] = this.#waiting
    if (oldest && this.#waiting.size > mostWaiting) {
      this.#waiting.delete(oldest)
      oldest.destroy('too many clients say nothing')
    }
    return session
  }

  #claim(session: Session): boolean {
    const {log} = this.#options
    if (this.#session) {
      this.stats.refused++
      log('warn', 'client refused', {function: this.function.name})
      return false
    }
    this.#waiting.delete(session)
    this.#session = session
    this.function.raise = () => session.raise()
    this.stats.connections++
    log('info', 'client connected', {function: this.function.name})
    return true
  }

  #ended(session: Session, why: string): void {
    this.#waiting.delete(session)
    if (session !== this.#session) return
    this.#session = undefined
    this.function.raise = () => {}
    this.function.reset()
    this.#options.log('info', 'client gone', {function: this.function.name, why})
  }
}
