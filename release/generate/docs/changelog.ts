import type {Changes, Entry} from './changes.ts'
import {type Context, titleOf} from './context.ts'
import {kinds} from './kinds.ts'
import {blocks, bullets, capital, link, section} from './markdown.ts'

/** CHANGELOG.md in the form of https://keepachangelog.com/en/1.1.0/, from what people wrote. */
export function changelog(context: Pick<Context, 'matrix' | 'versions' | 'changes'>): string {
  const unreleased = context.changes.find(changes => changes.version === 'unreleased')
  const released = context.versions.flatMap(version => {
    const changes = context.changes.find(c => c.version === version.version)
    return changes
      ? [
          section(
            2,
            `[${version.version}] - ${version.released ?? 'planned'}${version.state === 'yanked' ? ' [YANKED]' : ''}`,
            version.withdrawn,
            changeSections(context, changes),
          ),
        ]
      : []
  })
  return blocks(
    '# Changelog',
    'All notable changes of this project. The format is that of [Keep a Changelog](https://keepachangelog.com/en/1.1.0/), and versions follow [Semantic Versioning](https://semver.org/spec/v2.0.0.html): below 1.0.0 a minor may break.',
    unreleased && section(2, '[Unreleased]', changeSections(context, unreleased)),
    ...released,
    references(context),
  )
}

/** The kinds of change that there are, each with its entries. */
export function changeSections(
  context: Pick<Context, 'matrix'>,
  {changes}: Changes,
  level: 3 | 4 = 3,
): string {
  return blocks(...kinds.map(kind => section(level, capital(kind), entryList(context, changes[kind]))))
}

function entryList(context: Pick<Context, 'matrix'>, entries: readonly Entry[]): string {
  return bullets(
    entries.map(({component, text, link: url}) =>
      [component ? `**${titleOf(component, context)}:** ${text}` : text, url && `(${link('details', url)})`]
        .filter(Boolean)
        .join(' '),
    ),
  )
}

function references({matrix, versions, changes}: Pick<Context, 'matrix' | 'versions' | 'changes'>): string {
  const {repository} = matrix.product
  const written = versions.filter(v => changes.some(c => c.version === v.version)).map(v => v.version)
  const lines = written.map((version, i) => {
    const before = written[i + 1]
    const url = before
      ? `${repository}/compare/v${before}...v${version}`
      : `${repository}/releases/tag/v${version}`
    return `[${version}]: ${url}`
  })
  const newest = written[0]
  const unreleased =
    newest && changes.some(c => c.version === 'unreleased')
      ? [`[Unreleased]: ${repository}/compare/v${newest}...HEAD`]
      : []
  return [...unreleased, ...lines].join('\n')
}
