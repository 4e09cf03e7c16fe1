/** Runs what it is given, at most `most` at a time, in the order of the calls. */
export type Limit = <T>(work: () => Promise<T>) => Promise<T>

export function limit(most: number): Limit {
  const waiting: (() => void)[] = []
  let running = 0
  return async work => {
    if (running >= most) await new Promise<void>(go => waiting.push(go))
    else running++
    try {
      return await work()
    } finally {
      // The place goes straight to the next in line, so that nobody can slip in between.
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}

/**
 * Like Promise.all over a limit, but begins nothing new after the first failure and settles only when
 * all that was begun has ended: nothing goes on behind the caller's back.
 */
export async function forEachLimited<T>(
  items: Iterable<T>,
  most: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const queue = [...items]
  const errors: unknown[] = []
  let at = 0
  const worker = async () => {
    while (at < queue.length && errors.length === 0) {
      const item = queue[at++] as T
      await work(item).catch(error => errors.push(error))
    }
  }
  await Promise.all(Array.from({length: Math.min(most, queue.length)}, worker))
  if (errors.length > 0) throw errors[0]
}

/** One after the other: what is given starts when everything given before has ended, well or badly. */
export function serial(): Limit {
  return limit(1)
}
