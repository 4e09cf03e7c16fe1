import {seeded} from './random.ts'

/**
 * The states that a search has met, each once, with what it knows of them. A state is a level and one version for each
 * variable. Found again by Zobrist hashing: a state's hash is the exclusive or of one number for its level and one for
 * each variable's version, so that a move changes it by two.
 */
export class States {
  /** How many there are; they are numbered from 0. */
  count = 0
  level: Uint16Array = new Uint16Array(256)
  cost: Float64Array = new Float64Array(256)
  /** Distance to the goal, at least. */
  rest: Float64Array = new Float64Array(256)
  parent: Int32Array = new Int32Array(256)
  closed: Uint8Array = new Uint8Array(256)
  readonly #width: number
  readonly #offsets: Int32Array
  readonly #numbers: Int32Array
  #versions: Uint16Array
  #hashes: Int32Array = new Int32Array(256)
  /** Numbers of states, open addressing; -1 is free. At most half full. */
  #slots: Int32Array = new Int32Array(512).fill(-1)

  /** `sizes`: how many versions each variable has. */
  constructor(sizes: readonly number[], levels: number) {
    this.#width = sizes.length
    this.#versions = new Uint16Array(256 * sizes.length)
    this.#offsets = new Int32Array(sizes.length)
    let total = levels
    for (const [i, size] of sizes.entries()) {
      this.#offsets[i] = total
      total += size
    }
    const random = seeded(1)
    this.#numbers = new Int32Array(total)
    for (let k = 0; k < total; k++) this.#numbers[k] = random() * 2 ** 32
  }

  hashOf(level: number, state: Int32Array): number {
    let hash = this.#numbers[level] ?? 0
    for (let i = 0; i < this.#width; i++) hash ^= this.#numberOf(i, state[i] ?? 0)
    return hash
  }

  /** The hash when variable `i` goes from one version to another. */
  moved(hash: number, i: number, from: number, to: number): number {
    return hash ^ this.#numberOf(i, from) ^ this.#numberOf(i, to)
  }

  hashAt(node: number): number {
    return this.#hashes[node] ?? 0
  }

  versionAt(node: number, i: number): number {
    return this.#versions[node * this.#width + i] ?? 0
  }

  /** The number of a state, or -1 when it was never met. */
  find(hash: number, level: number, state: Int32Array): number {
    const mask = this.#slots.length - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const node = this.#slots[slot] ?? -1
      if (node === -1) return -1
      if (this.#hashes[node] === hash && this.level[node] === level && this.#holds(node, state)) return node
    }
  }

  /** A state that was never met before. */
  add(hash: number, level: number, state: Int32Array, rest: number): number {
    if (this.count === this.level.length) this.#grow()
    const node = this.count++
    this.#versions.set(state, node * this.#width)
    this.#hashes[node] = hash
    this.level[node] = level
    this.rest[node] = rest
    this.#enter(node)
    return node
  }

  #numberOf(i: number, version: number): number {
    return this.#numbers[(this.#offsets[i] ?? 0) + version] ?? 0
  }

  #holds(node: number, state: Int32Array): boolean {
    const base = node * this.#width
    for (let i = 0; i < this.#width; i++) if (this.#versions[base + i] !== state[i]) return false
    return true
  }

  #enter(node: number): void {
    const mask = this.#slots.length - 1
    let slot = (this.#hashes[node] ?? 0) & mask
    while (this.#slots[slot] !== -1) slot = (slot + 1) & mask
    this.#slots[slot] = node
  }

  #grow(): void {
    const size = this.level.length * 2
    this.level = copied(this.level, new Uint16Array(size))
    this.cost = copied(this.cost, new Float64Array(size))
    this.rest = copied(this.rest, new Float64Array(size))
    this.parent = copied(this.parent, new Int32Array(size))
    this.closed = copied(this.closed, new Uint8Array(size))
    this.#versions = copied(this.#versions, new Uint16Array(size * this.#width))
    this.#hashes = copied(this.#hashes, new Int32Array(size))
    this.#slots = new Int32Array(size * 2).fill(-1)
    for (let node = 0; node < this.count; node++) this.#enter(node)
  }
}

function copied<T extends Uint8Array | Uint16Array | Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from)
  return to
}
