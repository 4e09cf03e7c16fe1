/** A small sound matrix that tests add to: everything but rules. */
export const minimal = `apiVersion: lockstep/v1
kind: Matrix
product:
  id: example
  title: Example
  summary: For tests.
  component: product
  home: https://example.com
  repository: https://example.com/repo
  issues: https://example.com/issues
  license: Apache-2.0
  security: {contact: security@example.com}
sources:
  docs: {title: Documentation, url: https://example.com/docs, seen: 2026-11-21}
components:
  product:
    title: Product
    scheme: semver
    versions:
      - {version: 0.1.0, released: 2026-01-06, state: eol}
      - {version: 0.2.0, released: 2026-11-21}
    values:
      kmm.enabled: {summary: Let KMM load the module., default: false}
  kubernetes:
    title: Kubernetes
    scheme: minor
    platform: true
    versions: [{version: 1.34}, {version: 1.35}, {version: 1.36}, {version: 1.37}]
  kubelet: {title: kubelet, scheme: minor, instances: per-node}
  containerd: {title: containerd, scheme: minor}
  cri-o: {title: CRI-O, scheme: minor}
  kmm: {title: KMM, scheme: semver, versions: [{version: 2.4.0}, {version: 2.5.0}]}
  helm: {title: Helm, scheme: semver}
`
