/** One line of a published table: versions of something, and what it says of them. */
export type Row = {
  /** `1.9` for all of 1.9.x, `1.0.5` for 1.0.5 and what follows it within 1.0. */
  readonly version: string
  /** The oldest and newest minor of the platform that it supports. */
  readonly platform?: {readonly min: string; readonly max: string}
  readonly released?: string
  readonly endOfSupport?: string
}

/** An API version that goes, as a published table has it. */
export type ApiRow = {
  /** Who serves it, in the table's words. */
  readonly owner: string
  readonly api: string
  readonly kind: string
  readonly removed: string
  readonly replacement?: string
}

export type Table = {
  readonly rows: readonly Row[]
  readonly apis?: readonly ApiRow[]
  /** The oldest platform that the table still shows; of older ones it says nothing. */
  readonly oldest?: string
  /** Oddities of the table itself, such as rows that it has twice. */
  readonly remarks: readonly string[]
}
