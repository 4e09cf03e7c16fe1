import type {Detected} from '../../live/detect.ts'
import type {KindName} from '../../live/kinds.ts'
import type {Snapshot} from '../../live/read.ts'
import type {Matrix} from '../../matrix/schema/index.ts'
import type {Finding} from '../finding.ts'

export type View = {
  readonly snapshot: Snapshot
  readonly matrix: Matrix
  readonly detected: Detected
  /** When the cluster was read. */
  readonly now: Date
}

/** What must have been read for a check to say anything. */
export type Need = KindName | 'version' | 'deprecatedUses'

export type Check = {
  /** What it asks, as a question's subject: `kernel mappings`. */
  readonly name: string
  readonly needs: readonly Need[]
  readonly judge: (view: View) => readonly Finding[] | Promise<readonly Finding[]>
}

/** Seconds since a time of the API; 0 for what is no time. */
export function secondsSince(time: string, now: Date): number {
  const then = Date.parse(time)
  return Number.isNaN(then) ? 0 : (now.getTime() - then) / 1000
}

/** Longer than anything takes that is only on its way. */
export const patience = 600
