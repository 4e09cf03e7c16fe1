import type {Matrix} from '../matrix/schema/index.ts'

/** What is asked: where a site stands, where it wants to go, and what it accepts on the way. */
export type UpgradeRequest = {
  matrix: Matrix
  /** The day of the question, `2026-11-21`: versions released later do not exist yet. */
  now: string
  /** Versions that run: by component, or `component@instance` for one of several. */
  current: Readonly<Record<string, string>>
  /** Where to go: a version or a range; what is left out moves only if it has to. */
  wanted: Readonly<Record<string, string>>
  /** Values of the installation that rules ask about. */
  values: Readonly<Record<string, string | null>>
  /** What is known of the cluster, by the words of the matrix's predicates. */
  facts: Readonly<Record<string, string>>
  policy: Policy
  /** Procedures that the site goes by, by their ids: `manual` and `site` ones come instead of the usual change. */
  by?: readonly string[]
}

export type Policy = {
  /** No step may take a component down. */
  noDowntime?: boolean
  /** No step without a way back. */
  onlyReversible?: boolean
  /** Steps with these risks are not taken; `*` refuses all. A risk that cannot be evaluated counts as present. */
  refuseRisks?: readonly string[]
}

/** Facts that the planner itself knows of a move; all others come from the site. */
export const plannerFacts = {
  fromLatestPatch: 'from the latest patch of its minor',
  toLatestPatch: 'to the latest patch of its minor',
} as const
