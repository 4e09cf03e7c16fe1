import {toYaml} from '#lib/yaml-out.ts'
import {contains} from '#release/lib/range.ts'
import {parseRange} from '#release/lib/range-text.ts'
import {parseVersion} from '#release/lib/versions.ts'
import type {ComponentVersion} from '#release/matrix/schema/components.ts'
import type {Matrix} from '#release/matrix/schema/index.ts'
import type {Release} from '#release/matrix/schema/kernels.ts'
import type {Rule} from '#release/matrix/schema/rules.ts'
import type {ComponentDescriptor} from '#release/plan/component.ts'
import {changelog, changeSections} from './docs/changelog.ts'
import type {Changes} from './docs/changes.ts'
import {footnotes, known} from './docs/facts.ts'
import {breakingChanges, knownIssue} from './docs/lifecycle.ts'
import {blocks, bullets, section, table} from './docs/markdown.ts'
import type {GeneratedFile} from './file.ts'
import {mark, markedText} from './mark.ts'
import {oldestKubernetes} from './oldest-kubernetes.ts'

export type ProjectInput = {
  matrix: Matrix
  /** Where the matrix stands, from the root. */
  file: string
  components: readonly ComponentDescriptor[]
  changes: readonly Changes[]
}

/**
 * What is generated for any project that releases something: each chart's Chart.yaml, the changelog, and release notes.
 * Without a release there is nothing.
 */
export function projectFiles({matrix, file, components, changes}: ProjectInput): GeneratedFile[] {
  const {release} = matrix
  if (!release) return []
  const product = matrix.components[matrix.product.component]
  const versions = [...(product?.versions ?? [])].reverse()
  const page = (path: string, body: string): GeneratedFile => ({
    path,
    text: `${blocks(`<!-- ${mark(file)} -->`, body, footnotes(body, matrix))}\n`,
  })
  return [
    ...components
      .filter(component => component.builds.some(build => build.kind === 'chart'))
      .map(component => ({
        path: `${component.path}/Chart.yaml`,
        text: markedText(toYaml(chartYaml(component, matrix, release)), file),
      })),
    page('CHANGELOG.md', changelog({matrix, versions, changes})),
    ...versions.flatMap(version => {
      const said = changes.find(c => c.version === version.version)
      return said || version.version === release.version
        ? [page(`docs/release-notes/v${version.version}.md`, notes(matrix, version, said))]
        : []
    }),
  ]
}

/** Chart and app have one version, the release's. */
function chartYaml(component: ComponentDescriptor, matrix: Matrix, release: Release): object {
  const {product} = matrix
  const kubernetes = oldestKubernetes(matrix)
  return {
    apiVersion: 'v2',
    name: component.builds.find(build => build.kind === 'chart')?.chart,
    description: component.summary,
    type: 'application',
    version: release.version,
    appVersion: release.version,
    kubeVersion: kubernetes === undefined ? undefined : `>=${kubernetes}.0-0`,
    home: product.home,
    sources: [product.repository],
    annotations: {'artifacthub.io/license': product.license},
  }
}

/** Whether a rule is about a version of the product. */
function speaksOf({when}: Rule, {product, components}: Matrix, text: string): boolean {
  const said = when?.versions[product.component]
  if (said === undefined) return false
  const {scheme = 'semver'} = components[product.component] ?? {}
  const [{range}, version] = [parseRange(said, scheme), parseVersion(text, scheme)]
  return range !== undefined && version !== undefined && contains(range, version)
}

function notes(matrix: Matrix, version: ComponentVersion, changes: Changes | undefined): string {
  const {product, rules} = matrix
  return blocks(
    `# ${product.title} ${version.version}`,
    `**Released**: ${version.released ?? 'not yet'}`,
    version.state === 'yanked' && `> **Withdrawn**: ${version.withdrawn ?? 'do not install it any more'}`,
    changes?.summary ?? product.summary,
    bullets(version.notes),
    section(2, 'Changes', changes && changeSections({matrix}, changes)),
    section(
      2,
      'What it works with',
      table(
        ['Rule', 'Known'],
        rules
          .filter(rule => speaksOf(rule, matrix, version.version))
          .map(rule => [rule.because ?? rule.id, known(rule)]),
      ),
    ),
    section(2, 'Breaking changes', breakingChanges(version)),
    section(2, 'Known issues', ...version.knownIssues.map(issue => knownIssue(issue, 3))),
    section(2, 'Support', bullets([`Issues: ${product.issues}`, `Security: ${product.security.contact}`])),
  )
}
