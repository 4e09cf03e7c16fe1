/**
 * Reads one HTTP/1.1 response from bytes as they come: what a Kubernetes API server, or a proxy before it, may send.
 * Pure. https://www.rfc-editor.org/rfc/rfc9112
 */

/** What comes next. A chunk has its size in a line, its bytes, and a line end; trailers follow the last one. */
type Part = 'head' | 'size' | 'bytes' | 'line-end' | 'trailers' | 'until-closed' | 'nothing'

const headMax = 64 * 1024
const none = Buffer.alloc(0)

export class ResponseReader {
  /** 0 until the head is there. */
  status = 0
  /** Whether another request may follow on the connection. */
  isReusable = true
  #part: Part = 'head'
  #chunked = false
  #left = 0
  #held: Buffer = none
  readonly #onBody: (bytes: Buffer) => void

  constructor(onBody: (bytes: Buffer) => void) {
    this.#onBody = onBody
  }

  /** The response is whole. */
  get done(): boolean {
    return this.#part === 'nothing'
  }

  /** @throws Error when it is not HTTP */
  push(bytes: Buffer): void {
    let rest = this.#held.length > 0 ? Buffer.concat([this.#held, bytes]) : bytes
    this.#held = none
    while (rest.length > 0) {
      const taken = this.#take(rest)
      if (taken === 0) {
        if (rest.length > headMax) throw new Error('the head of an answer has no end')
        this.#held = rest
        return
      }
      rest = rest.subarray(taken)
    }
  }

  /** The connection is closed: that ends a response without a length. */
  close(): void {
    if (this.#part === 'until-closed') this.#part = 'nothing'
  }

  /** Answers how many bytes it could use. */
  #take(bytes: Buffer): number {
    switch (this.#part) {
      case 'head':
        return this.#takeHead(bytes)
      case 'size':
        return this.#takeLine(bytes, line => this.#beginChunk(line))
      case 'bytes':
        return this.#takeBody(bytes)
      case 'line-end':
        return this.#takeLine(bytes, line => {
          if (line !== '') throw new Error('a chunk of an answer is longer than its size')
          this.#part = 'size'
        })
      case 'trailers':
        return this.#takeLine(bytes, line => {
          if (line === '') this.#part = 'nothing'
        })
      case 'until-closed':
        this.#onBody(bytes)
        return bytes.length
      case 'nothing':
        throw new Error('more came than the answer')
    }
  }

  #takeHead(bytes: Buffer): number {
    const end = bytes.indexOf('\r\n\r\n')
    if (end < 0) return 0
    const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
    const [, version, status] = /^HTTP\/1\.([01]) (\d{3})\b/.exec(first) ?? []
    if (!version || !status) throw new Error(`no HTTP: ${first.slice(0, 80)}`)
    // Interim answers come before the one that counts.
    if (status.startsWith('1')) return end + 4
    this.status = Number(status)
    this.#expectBody(version, new Map(lines.map(line => header(line))))
    return end + 4
  }

  /** RFC 9112, section 6.3. */
  #expectBody(version: string, headers: ReadonlyMap<string, string>): void {
    const connection = (headers.get('connection') ?? '').toLowerCase().split(/\s*,\s*/)
    this.isReusable = !connection.includes('close') && (version === '1' || connection.includes('keep-alive'))
    const length = headers.get('content-length')
    if (this.status === 204 || this.status === 304) this.#part = 'nothing'
    else if (headers.get('transfer-encoding')?.toLowerCase().endsWith('chunked')) {
      this.#chunked = true
      this.#part = 'size'
    } else if (length === undefined) {
      this.isReusable = false
      this.#part = 'until-closed'
    } else {
      this.#left = toNumber(length, /^\d+$/, 10)
      this.#part = this.#left > 0 ? 'bytes' : 'nothing'
    }
  }

  #beginChunk(line: string): void {
    this.#left = toNumber(line.split(';', 1)[0]?.trim() ?? '', /^[0-9a-f]+$/i, 16)
    this.#part = this.#left > 0 ? 'bytes' : 'trailers'
  }

  #takeBody(bytes: Buffer): number {
    const part = bytes.subarray(0, this.#left)
    this.#left -= part.length
    this.#onBody(part)
    if (this.#left === 0) this.#part = this.#chunked ? 'line-end' : 'nothing'
    return part.length
  }

  #takeLine(bytes: Buffer, use: (line: string) => void): number {
    const end = bytes.indexOf('\r\n')
    if (end < 0) return 0
    use(bytes.toString('latin1', 0, end))
    return end + 2
  }
}

function header(line: string): [string, string] {
  const colon = line.indexOf(':')
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
}

function toNumber(text: string, shape: RegExp, base: number): number {
  const value = shape.test(text) ? Number.parseInt(text, base) : Number.NaN
  if (!Number.isSafeInteger(value)) throw new Error(`an answer's length is ${text.slice(0, 80)}`)
  return value
}
