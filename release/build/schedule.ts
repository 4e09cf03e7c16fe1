/**
 * Runs a graph of work: each node after those that it needs, at most `limit` at once, in the given order where
 * there is a choice. After the first failure nothing new starts; what runs is awaited, then the error is thrown.
 *
 * @param nodes in an order in which needed ones come first
 */
export async function runGraph<N extends {id: string; needs: readonly string[]}, R>(
  nodes: readonly N[],
  limit: number,
  run: (node: N, needed: R[]) => Promise<R>,
): Promise<Map<string, R>> {
  const results = new Map<string, R>()
  const waiting = [...nodes]
  const running = new Map<string, Promise<void>>()
  let failure: {error: unknown} | undefined

  const start = (node: N) => {
    const needed = node.needs.map(id => results.get(id) as R)
    const work = run(node, needed)
      .then(result => void results.set(node.id, result))
      .catch(error => {
        failure ??= {error}
      })
      .finally(() => running.delete(node.id))
    running.set(node.id, work)
  }
  for (;;) {
    while (!failure && running.size < limit) {
      const next = waiting.findIndex(node => node.needs.every(id => results.has(id)))
      if (next < 0) break
      start(waiting.splice(next, 1)[0] as N)
    }
    if (running.size === 0) break
    await Promise.race(running.values())
  }
  if (failure) throw failure.error
  if (waiting.length > 0)
    throw new Error(`needed work is missing or circular: ${waiting.map(n => n.id).join(', ')}`)
  return results
}
