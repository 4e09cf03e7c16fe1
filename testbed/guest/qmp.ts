import type {Socket} from 'node:net'

/** QEMU's machine protocol (docs/interop/qmp-spec): JSON lines, one command at a time here. */
export class Qmp {
  readonly #socket: Socket
  readonly #events: {name: string; data: unknown}[] = []
  #rest = ''
  #id = 0
  #greeted: () => void = () => {}
  readonly #waiting = new Map<number, {resolve: (value: unknown) => void; reject: (error: Error) => void}>()
  readonly #ready: Promise<unknown>

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('error', () => {})
    socket.on('data', chunk => this.#take(String(chunk)))
    this.#ready = new Promise<void>(resolve => {
      this.#greeted = resolve
    }).then(() => this.#send('qmp_capabilities', {}))
  }

  /** Events so far, such as DEVICE_DELETED. */
  get events(): readonly {name: string; data: unknown}[] {
    return this.#events
  }

  /** @throws Error with QEMU's own words when it refuses */
  async command(name: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    await this.#ready
    return this.#send(name, args)
  }

  #send(execute: string, args: Readonly<Record<string, unknown>>): Promise<unknown> {
    const id = ++this.#id
    this.#socket.write(`${JSON.stringify({execute, arguments: args, id})}\n`)
    return new Promise((resolve, reject) => this.#waiting.set(id, {resolve, reject}))
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) if (line.trim()) this.#message(JSON.parse(line))
  }

  #message(message: {
    QMP?: unknown
    event?: string
    data?: unknown
    id?: number
    return?: unknown
    error?: {desc: string}
  }): void {
    if (message.QMP) this.#greeted()
    if (message.event) this.#events.push({name: message.event, data: message.data})
    const waiter = this.#waiting.get(message.id ?? -1)
    if (!waiter) return
    this.#waiting.delete(message.id ?? -1)
    if (message.error) waiter.reject(new Error(message.error.desc))
    else waiter.resolve(message.return)
  }
}
