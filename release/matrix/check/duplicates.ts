import type {Diagnostic} from '#lib/diagnostics.ts'
import type {YamlPath} from '#lib/yaml.ts'
import {type Context, problem} from './context.ts'

/** M110: the same name twice where a name must be the only one of its kind. */
export function* duplicates(context: Context): Generator<Diagnostic> {
  for (const [kind, names] of lists(context)) yield* twice(context, kind, names)
}

type Named = {path: YamlPath; name: string}

function* twice(context: Context, kind: string, names: readonly Named[]): Generator<Diagnostic> {
  const seen = new Map<string, YamlPath>()
  for (const {path, name} of names) {
    const first = seen.get(name)
    if (first)
      yield problem(context, path, {
        code: 'M110',
        message: `the ${kind} \`${name}\` stands here a second time`,
        hint: 'give one of them another name, or remove it',
        related: [{message: 'here it stands first', place: context.source.locate(first)}],
      })
    else seen.set(name, path)
  }
}

function* lists({matrix}: Context): Generator<[kind: string, names: Named[]]> {
  const ids = (path: YamlPath, entries: readonly {id: string}[]): Named[] =>
    entries.map(({id}, i) => ({path: [...path, i, 'id'], name: id}))
  const words = (path: YamlPath, list: readonly string[]): Named[] =>
    list.map((name, i) => ({path: [...path, i], name}))
  const {kernels, release, reference} = matrix
  yield ['rule', ids(['rules'], matrix.rules)]
  yield ['transition', ids(['transitions'], matrix.transitions)]
  yield ['procedure', ids(['procedures'], matrix.procedures)]
  // A source is cited by its name, whichever kind it is.
  yield [
    'source',
    [
      ...Object.keys(matrix.sources).map(name => ({path: ['sources', name], name})),
      ...ids(['evidence'], matrix.evidence),
    ],
  ]
  yield ['kernel line', ids(['kernels', 'lines'], kernels?.lines ?? [])]
  yield ['limit', ids(['reference', 'limits'], reference?.limits ?? [])]
  yield ['configuration', ids(['reference', 'configurations'], reference?.configurations ?? [])]
  yield ['troubleshooting entry', ids(['reference', 'troubleshooting'], reference?.troubleshooting ?? [])]
  yield ['component of the release', words(['release', 'components'], release?.components ?? [])]
  yield ['architecture', words(['release', 'architectures'], release?.architectures ?? [])]
  yield [
    'branch',
    (release?.branches ?? []).map(({name}, i) => ({path: ['release', 'branches', i, 'name'], name})),
  ]
  // An exact kernel is mapped by its name, so a second line that names it never gets it.
  yield [
    'kernel',
    (kernels?.lines ?? []).flatMap((line, i) =>
      line.state === 'planned' ? [] : words(['kernels', 'lines', i, 'kernels'], line.kernels),
    ),
  ]
  for (const [id, component] of Object.entries(matrix.components)) {
    const path = ['components', id] as const
    if (Array.isArray(component.instances))
      yield ['instance', words([...path, 'instances'], component.instances)]
    for (const [i, version] of component.versions.entries()) {
      yield ['known issue', ids([...path, 'versions', i, 'knownIssues'], version.knownIssues)]
      for (const list of ['deprecations', 'removals'] as const)
        yield [
          list.slice(0, -1),
          version[list].map(({feature}, j) => ({
            path: [...path, 'versions', i, list, j, 'feature'],
            name: feature,
          })),
        ]
    }
  }
}
