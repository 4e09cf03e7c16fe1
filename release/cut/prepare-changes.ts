import {toYaml} from '#lib/yaml-out.ts'

/** The line by which a drafted changes file says that nobody has read it yet. */
const draftMark = '# DRAFT: made from the commits. Edit it for its readers, then remove this line.'

export function isDraft(text: string): boolean {
  return text.split('\n').some(line => line.startsWith('# DRAFT'))
}

export type Commit = {subject: string; paths: readonly string[]}
/** A component's id and folder. */
export type Place = {id: string; path: string}

const sections = ['added', 'changed', 'deprecated', 'removed', 'fixed', 'security'] as const
export type Section = (typeof sections)[number]

const words: readonly (readonly [RegExp, Section])[] = [
  [/^(?:security|harden)\b|\bCVE-\d/i, 'security'],
  [/^(?:feat|add|introduce|support)\b/i, 'added'],
  [/^(?:fix|correct|repair|mend)\b/i, 'fixed'],
  [/^(?:remove|drop|delete)\b/i, 'removed'],
  [/^deprecate\b/i, 'deprecated'],
]
/** Of no interest to who uses the product. */
const inner = /^(?:chore|ci|test|tests|docs|style|refactor|build|release|prepare|merge)\b/i

/** What a commit is about, by its first word; undefined for what readers of a changelog do not look for. */
export function sectionOf({subject}: Commit): Section | undefined {
  if (inner.test(subject)) return undefined
  return words.find(([pattern]) => pattern.test(subject))?.[1] ?? 'changed'
}

/**
 * matrix/changes/<version>.yaml as a draft for people to edit: the log tells what was done, not what it means.
 * @param edited false for a nightly, which nobody edits
 */
export function draftChanges(
  version: string,
  commits: readonly Commit[],
  places: readonly Place[],
  edited = true,
): string {
  const entries = (section: Section) =>
    commits
      .filter(commit => sectionOf(commit) === section)
      .map(commit => {
        const component = componentOf(commit, places)
        const text = commit.subject.replace(/^\w+(?:\([^)]*\))?!?:\s*/, '')
        return {...(component ? {component} : {}), text}
      })
  const changes = Object.fromEntries(
    sections.map(s => [s, entries(s)] as const).filter(([, list]) => list.length > 0),
  )
  const data = {apiVersion: 'lockstep/v1', kind: 'Changes', version, ...(commits.length > 0 ? {changes} : {})}
  const mark = edited ? `${draftMark}\n` : ''
  return `# yaml-language-server: $schema=../schema/changes.v1.json\n${mark}${toYaml(data)}`
}

/** What people have collected under `unreleased`, for the version that it becomes. */
export function releaseChanges(unreleased: string, version: string): string {
  return unreleased.replace(/^version:\s*['"]?unreleased['"]?[ \t]*$/m, `version: ${version}`)
}

/** The one component that all of a commit's paths lie in. */
function componentOf({paths}: Commit, places: readonly Place[]): string | undefined {
  const ids = new Set(paths.map(path => places.find(p => path.startsWith(`${p.path}/`))?.id))
  const [id] = ids
  return ids.size === 1 ? id : undefined
}
