import type {DeprecatedUse} from './facts.ts'

const name = 'apiserver_requested_deprecated_apis'

/**
 * Deprecated APIs that were asked for since the API server's start, of its Prometheus metrics
 * (https://kubernetes.io/docs/reference/using-api/deprecation-policy/).
 */
export function deprecatedUses(metrics: string): DeprecatedUse[] {
  const uses: DeprecatedUse[] = []
  // Without splitting it all: the metrics of a large cluster have many megabytes.
  for (
    let from = metrics.indexOf(`\n${name}{`);
    from !== -1;
    from = metrics.indexOf(`\n${name}{`, from + 1)
  ) {
    const end = metrics.indexOf('\n', from + 1)
    const line = metrics.slice(from + 1, end === -1 ? undefined : end)
    const labels = Object.fromEntries(
      [...line.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]),
    )
    if (!/\}\s+0(\s|$)/.test(line))
      uses.push({
        group: labels.group ?? '',
        version: labels.version ?? '',
        resource: [labels.resource, labels.subresource].filter(Boolean).join('/'),
        removed: labels.removed_release || undefined,
      })
  }
  return uses
}
