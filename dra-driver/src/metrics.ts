/** Metrics in Prometheus' text format: counters, gauges and one histogram per call. */

/** Runs `work` and counts it under its method's name, with its duration and whether it failed. */
export type Timer = <T>(method: string, work: () => Promise<T>) => Promise<T>

export type Metrics = {
  add(name: CounterName, amount?: number): void
  timer: Timer
  /** All of it, with gauges that are read now. */
  render(gauges: Readonly<Record<GaugeName, number>>): string
}

const counters = {
  mock_accel_dra_slice_writes_total: 'ResourceSlices created, updated or deleted',
  mock_accel_dra_slice_errors_total: 'Rounds of publishing that failed and are tried again',
  mock_accel_dra_slice_dropped_fields_total: 'Fields that the API server did not keep',
  mock_accel_dra_claim_errors_total: 'Claims that could not be prepared or given back',
  mock_accel_dra_claims_reconciled_total: 'Claims given back because they are gone from the API',
} as const
const gauges = {
  mock_accel_dra_devices: 'Devices on the node',
  mock_accel_dra_claims_held: 'Claims that are prepared',
  mock_accel_dra_registered: '1 when kubelet accepted the registration',
} as const
export type CounterName = keyof typeof counters
export type GaugeName = keyof typeof gauges

const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
const duration = 'mock_accel_dra_call_duration_seconds'

/** Every series: its name, type and meaning. */
export const metrics: readonly {name: string; type: string; help: string}[] = [
  ...Object.entries(counters).map(([name, help]) => ({name, type: 'counter', help})),
  ...Object.entries(gauges).map(([name, help]) => ({name, type: 'gauge', help})),
  {name: duration, type: 'histogram', help: "kubelet's calls, by `method`: prepare, unprepare; in seconds"},
]

type Series = {counts: number[]; sum: number; count: number}

export function makeMetrics(): Metrics {
  const counted = new Map<CounterName, number>()
  const timed = new Map<string, Series>()

  const observe = (method: string, seconds: number) => {
    const series = timed.get(method) ?? {counts: buckets.map(() => 0), sum: 0, count: 0}
    timed.set(method, series)
    series.sum += seconds
    series.count++
    for (const [i, bound] of buckets.entries())
      if (seconds <= bound) series.counts[i] = (series.counts[i] ?? 0) + 1
  }

  return {
    add: (name, amount = 1) => void counted.set(name, (counted.get(name) ?? 0) + amount),
    async timer(method, work) {
      const start = performance.now()
      try {
        return await work()
      } finally {
        observe(method, (performance.now() - start) / 1000)
      }
    },
    render(now) {
      const lines: string[] = []
      const head = (name: string, type: string, help: string) =>
        lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`)
      for (const [name, help] of Object.entries(counters)) {
        head(name, 'counter', help)
        lines.push(`${name} ${counted.get(name as CounterName) ?? 0}`)
      }
      for (const [name, help] of Object.entries(gauges)) {
        head(name, 'gauge', help)
        lines.push(`${name} ${now[name as GaugeName]}`)
      }
      head(duration, 'histogram', "kubelet's calls")
      for (const [method, {counts, sum, count}] of timed) {
        for (const [i, bound] of buckets.entries())
          lines.push(`${duration}_bucket{method="${method}",le="${bound}"} ${counts[i]}`)
        lines.push(`${duration}_bucket{method="${method}",le="+Inf"} ${count}`)
        lines.push(
          `${duration}_sum{method="${method}"} ${sum}`,
          `${duration}_count{method="${method}"} ${count}`,
        )
      }
      return `${lines.join('\n')}\n`
    },
  }
}
