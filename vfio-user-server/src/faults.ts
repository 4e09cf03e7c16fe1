/** What is wrong with a function on purpose. Health is not here: it is a register. */
export type Faults = {
  /** Commands to the passphrase engine never end. */
  stuckBusy: boolean
  /** Every reply waits this many milliseconds; 0 is none. */
  lateMs: number
  /** Accesses to BAR0 are refused with this errno; 0 is none. */
  errorReplies: number
  /** Reads give all ones, writes are lost: as a card that was pulled out. */
  removed: boolean
  /** Connections are dropped and none is taken: as a server that died. */
  disconnected: boolean
}

export type FaultName = keyof Faults

export function noFaults(): Faults {
  return {stuckBusy: false, lateMs: 0, errorReplies: 0, removed: false, disconnected: false}
}
