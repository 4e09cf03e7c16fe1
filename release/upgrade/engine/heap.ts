/**
 * A binary heap of numbered entries with two keys: the smallest `first` comes out first, among equal ones the smallest
 * `second`, then the oldest.
 */
export class Heap {
  #first: Float64Array = new Float64Array(64)
  #second: Float64Array = new Float64Array(64)
  #age: Float64Array = new Float64Array(64)
  #item: Int32Array = new Int32Array(64)
  #count = 0
  #pushed = 0

  get size(): number {
    return this.#count
  }

  /** The `first` key of what comes out next. */
  get least(): number {
    return this.#count > 0 ? (this.#first[0] ?? Infinity) : Infinity
  }

  push(item: number, first: number, second: number): void {
    if (this.#count === this.#item.length) this.#grow()
    const age = this.#pushed++
    let at = this.#count++
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#before(first, second, age, parent)) break
      this.#copy(parent, at)
      at = parent
    }
    this.#set(at, item, first, second, age)
  }

  /** Undefined when empty. */
  pop(): number | undefined {
    if (this.#count === 0) return undefined
    const top = this.#item[0]
    const last = --this.#count
    const [first, second, age] = [this.#first[last] ?? 0, this.#second[last] ?? 0, this.#age[last] ?? 0]
    const item = this.#item[last] ?? 0
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= last) break
      const right = child + 1
      if (
        right < last &&
        this.#before(this.#first[right] ?? 0, this.#second[right] ?? 0, this.#age[right] ?? 0, child)
      )
        child = right
      if (this.#before(first, second, age, child)) break
      this.#copy(child, at)
      at = child
    }
    if (last > 0) this.#set(at, item, first, second, age)
    return top
  }

  #before(first: number, second: number, age: number, other: number): boolean {
    const f = this.#first[other] ?? 0
    const s = this.#second[other] ?? 0
    if (first !== f) return first < f
    if (second !== s) return second < s
    return age < (this.#age[other] ?? 0)
  }

  #copy(from: number, to: number): void {
    this.#set(
      to,
      this.#item[from] ?? 0,
      this.#first[from] ?? 0,
      this.#second[from] ?? 0,
      this.#age[from] ?? 0,
    )
  }

  #set(at: number, item: number, first: number, second: number, age: number): void {
    this.#item[at] = item
    this.#first[at] = first
    this.#second[at] = second
    this.#age[at] = age
  }

  #grow(): void {
    const size = this.#item.length * 2
    this.#first = grown(this.#first, size)
    this.#second = grown(this.#second, size)
    this.#age = grown(this.#age, size)
    const item = new Int32Array(size)
    item.set(this.#item)
    this.#item = item
  }
}

function grown(old: Float64Array, size: number): Float64Array {
  const next = new Float64Array(size)
  next.set(old)
  return next
}
