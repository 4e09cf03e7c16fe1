import type {ChartData} from './data.ts'

export type KubeObject = {
  apiVersion: string
  kind: string
  metadata: {
    name: string
    namespace?: string
    labels: Record<string, string>
    annotations: Record<string, string>
  }
  [field: string]: unknown
}

/** Release name and namespace of the manifests in deploy/. */
export const site = {release: 'mock-device', namespace: 'mock-device'} as const

/** The chart's labels, and those of one object. */
export function labels(data: ChartData, own: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    'helm.sh/chart': `${data.chart}-${data.version}`,
    'app.kubernetes.io/name': data.chart,
    'app.kubernetes.io/instance': site.release,
    'app.kubernetes.io/version': data.version,
    'app.kubernetes.io/managed-by': 'Helm',
    ...own,
  }
}

/** Argo CD applies waves in order and waits for health in between. */
export function wave(number: number): Record<string, string> {
  return {'argocd.argoproj.io/sync-wave': String(number)}
}
