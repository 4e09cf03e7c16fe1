import type {Claim} from '#lib/protobuf/dra-plugin.ts'

/** What an allocation gives to the driver for one request. */
export type Allocated = {request: string; pool: string; device: string}

/** A claim as the scheduler leaves it: allocated to devices of the driver, and reserved for a pod. */
export type TestClaim = Claim & {devices: readonly Allocated[]}

export type MakeOptions = {
  /** How many devices, each for a request of its own; 1 by default. */
  devices?: number
  /** Allocates the devices of another claim, which the scheduler would never do. */
  sameAs?: TestClaim
  /** Leaves the claim unallocated. */
  unallocated?: boolean
  /** Adds a device of another driver to the allocation. */
  foreign?: boolean
}

/** Where allocated claims come from. */
export type ClaimSource = {
  /** How many devices are free. */
  free(): Promise<number>
  /** @throws DiagnosticError F010 the API server refused, F012 not enough devices are free */
  make(options?: MakeOptions): Promise<TestClaim>
  /** Deletes the claim's object; nothing happens when it is gone. */
  remove(claim: TestClaim): Promise<void>
}
