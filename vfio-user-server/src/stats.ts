/** What happened to one function since the server began; counters only grow. */
export type Stats = {
  connections: number
  /** Clients that were sent away because another one was served. */
  refused: number
  reads: number
  writes: number
  /** Writes that wanted no reply and failed. */
  postedFailures: number
  /** Requests of all kinds. */
  requests: number
  /** Error replies. */
  errors: number
  interrupts: number
  resets: number
}

export function newStats(): Stats {
  return {
    connections: 0,
    refused: 0,
    reads: 0,
    writes: 0,
    postedFailures: 0,
    requests: 0,
    errors: 0,
    interrupts: 0,
    resets: 0,
  }
}
