import type {Socket} from 'node:net'

/** What a script said (stdout and stderr together, less the newlines at its end) and its exit code. */
export type Results = {output: string; code: number}

/** Reads what PID 1 sends: `ready RELEASE` after each boot, and answers `id code bytes` with so many bytes. */
export class AnswerReader {
  #rest = Buffer.alloc(0)

  push(chunk: Buffer): ({ready: string} | ({id: number} & Results))[] {
    this.#rest = Buffer.concat([this.#rest, chunk])
    const found = []
    for (let next = this.#next(); next; next = this.#next()) found.push(next)
    return found
  }

  #next(): {ready: string} | ({id: number} & Results) | undefined {
    const end = this.#rest.indexOf('\n')
    if (end < 0) return undefined
    const words = this.#rest.toString('utf8', 0, end).split(' ')
    if (words[0] === 'ready') {
      this.#rest = this.#rest.subarray(end + 1)
      return {ready: words[1] ?? ''}
    }
    const [id, code, size] = words.map(Number)
    const from = end + 1
    if (size === undefined || this.#rest.length < from + size) return undefined
    const output = this.#rest.toString('utf8', from, from + size).replace(/\n+$/, '')
    this.#rest = this.#rest.subarray(from + size)
    return {id: id ?? 0, code: code ?? 1, output}
  }
}

/** Scripts into a guest, answers out of it: one at a time, in the order of the calls. */
export class Channel {
  readonly #socket: Socket
  readonly #reader = new AnswerReader()
  readonly #waiting = new Map<number, (results: Results) => void>()
  #readyWaiters: ((release: string) => void)[] = []
  #last: Promise<unknown> = Promise.resolve()
  #id = 0

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('error', () => {})
    socket.on('data', chunk => {
      for (const answer of this.#reader.push(chunk as Buffer)) this.#take(answer)
    })
  }

  #take(answer: {ready: string} | ({id: number} & Results)): void {
    if ('ready' in answer) {
      for (const waiter of this.#readyWaiters.splice(0)) waiter(answer.ready)
      // Nobody is left who would answer what was asked before.
      for (const waiter of this.#waiting.values()) waiter({output: 'the guest has started again', code: 255})
      this.#waiting.clear()
      return
    }
    const {id, ...results} = answer
    this.#waiting.get(id)?.(results)
    this.#waiting.delete(id)
  }

  /** Resolves with `uname -r` when the guest says the next time that it is up. */
  ready(): Promise<string> {
    return new Promise(resolve => this.#readyWaiters.push(resolve))
  }

  run(script: string): Promise<Results> {
    const answer = this.#last.then(() => this.#send(script))
    this.#last = answer
    return answer
  }

  #send(script: string): Promise<Results> {
    const id = ++this.#id
    const text = Buffer.from(script)
    this.#socket.write(Buffer.concat([Buffer.from(`${id} ${text.length}\n`), text]))
    return new Promise(resolve => this.#waiting.set(id, resolve))
  }
}
