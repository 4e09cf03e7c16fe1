/** What the stand-in remembers; plain data. Times are milliseconds since 1970. */
export type AwsState = {
  cluster: {name: string; version: string; createdAt: string; moved: {to: string; at: number} | undefined}
  nodegroups: Record<string, string>
  addons: Record<string, string>
  /** By add-on, newest first: its builds and the Kubernetes minors that they fit. */
  builds: Record<string, {version: string; fits: string[]}[]>
  insights: Record<'UPGRADE_READINESS' | 'ROLLBACK_READINESS', {name: string; status: string}[]>
  updates: Update[]
  snapshots: Record<string, {instance: string; readyAt: number}>
  instances: Record<string, {readyAt: number}>
  /** Every call that was accepted and changed something, in order: what tests count. */
  accepted: string[]
  /** How long an update takes, and which ones fail, by their place in the order of updates. */
  takes: number
  failing: number[]
}

export type Update = {
  id: string
  /** `cluster`, `nodegroup/gpu`, `addon/vpc-cni`. */
  of: string
  to: string
  token: string
  endsAt: number
  fails: boolean
  /** Its end has taken effect. */
  settled: boolean
}

export function emptyAws(more: Partial<AwsState> = {}): AwsState {
  return {
    cluster: {name: 'prod', version: '1.33', createdAt: '1.30', moved: undefined},
    nodegroups: {},
    addons: {},
    builds: {},
    insights: {UPGRADE_READINESS: [], ROLLBACK_READINESS: []},
    updates: [],
    snapshots: {},
    instances: {},
    accepted: [],
    takes: 600_000,
    failing: [],
    ...more,
  }
}
