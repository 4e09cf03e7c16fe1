import {setTimeout as sleep} from 'node:timers/promises'

/** Does the same again and again until it is stopped, as controllers do. `stop` rejects with what went wrong. */
export function reconciling(pass: () => Promise<void>): {stop(): Promise<void>} {
  let running = true
  const loop = (async () => {
    while (running) {
      await pass()
      await sleep(200)
    }
  })().catch((error: unknown) => {
    if (running) throw error
  })
  return {
    async stop() {
      running = false
      await loop
    },
  }
}
