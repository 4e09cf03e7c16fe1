import type {GeneratedFile} from '../file.ts'
import {mark} from '../mark.ts'
import {changelog} from './changelog.ts'
import {compatibilityPage} from './compatibility/index.ts'
import {contextOf, type DocumentsInput} from './context.ts'
import {footnotes} from './facts.ts'
import {type OtherMatrix, upgradingGuide} from './guide.ts'
import {blocks} from './markdown.ts'
import {releaseNotes} from './notes/index.ts'
import {upgradeGuide} from './upgrade.ts'

export type {DocumentsInput} from './context.ts'
export type {OtherMatrix} from './guide.ts'

/**
 * The pages for people: compatibility, upgrade guide, changelog, and the release notes of every version that
 * has changes written down. Pure, and the same bytes for the same input.
 * @throws DiagnosticError D001, D002 (codes.ts)
 */
export function documents(input: DocumentsInput): GeneratedFile[] {
  const context = contextOf(input)
  const page = (path: string, body: string): GeneratedFile => ({
    path,
    text: `${blocks(`<!-- ${mark()} -->`, body, footnotes(body, context.matrix))}\n`,
  })
  const notes = context.versions.flatMap(version => {
    const changes = context.changes.find(c => c.version === version.version)
    return changes
      ? [page(`docs/release-notes/v${version.version}.md`, releaseNotes(context, version, changes))]
      : []
  })
  return [
    page('CHANGELOG.md', changelog(context)),
    page('docs/compatibility.md', compatibilityPage(context)),
    ...notes,
    page('docs/upgrade-guide.md', upgradeGuide(context)),
  ]
}

/** Pages on moving what is not released here: one for each matrix. */
export function upgradingGuides(others: readonly OtherMatrix[]): GeneratedFile[] {
  return others.map(other => {
    const body = upgradingGuide(other)
    return {
      path: `docs/guides/upgrading-${other.matrix.product.id}.md`,
      text: `${blocks(`<!-- ${mark(other.file)} -->`, body, footnotes(body, other.matrix))}\n`,
    }
  })
}
