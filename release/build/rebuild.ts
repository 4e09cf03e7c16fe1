import type {Digest} from '../lib/digest.ts'
import type {Artifact, ReleasePlan} from '../plan/plan.ts'
import type {Output} from './output.ts'

/** What was published, by digest. */
export type Published = {
  /** Roots of OCI artifacts, by the artifact's id. */
  artifacts: ReadonlyMap<string, string>
  /** Release files by name. */
  files: ReadonlyMap<string, string>
  /** Kernel modules as they are before they are signed, by the artifact's id. */
  modules: ReadonlyMap<string, string>
  /** Whether images hold signed modules. */
  signed: boolean
}

/** Something that was made again with other bytes than were published. */
export type Difference = {
  id: string
  /** A release file's name, a module's, or the artifact itself. */
  what: string
  expected: string
  found: string
  /** Artifacts with differences that went into this one: then it differs for their sake. */
  through: string[]
}

export type Comparison = {
  /** How many digests are the same. */
  same: number
  differences: Difference[]
  /** Artifacts that can't be compared, since they hold signed modules and the key is not here. */
  unsigned: string[]
}

/**
 * Compares every digest of a build with what was published; signatures are no part of either. Pure.
 * @param plan of what was built; with `signature` in its images when it was built with the key
 */
export function compareRebuild(
  plan: Pick<ReleasePlan, 'artifacts'>,
  outputs: ReadonlyMap<string, Output>,
  published: Published,
): Comparison {
  const result: Comparison = {same: 0, differences: [], unsigned: []}
  const differing = new Set<string>()
  const beyond = new Set<string>()
  for (const artifact of plan.artifacts) {
    const {id, recipe, needs} = artifact
    const keyless = recipe.kind === 'kmod-image' && published.signed && !recipe.signature
    if (keyless || needs.some(need => beyond.has(need))) {
      beyond.add(id)
      result.unsigned.push(id)
      continue
    }
    const through = needs.filter(need => differing.has(need))
    for (const {what, expected, found} of digestsOf(artifact, outputs.get(id), published)) {
      if (expected === found) result.same++
      else result.differences.push({id, what, expected, found, through})
      if (expected !== found) differing.add(id)
    }
    // What is in no list of the release still carries a difference on.
    if (through.length > 0) differing.add(id)
  }
  const planned = new Set(plan.artifacts.map(a => a.id))
  for (const [id, expected] of published.artifacts)
    if (!planned.has(id)) result.differences.push({id, what: id, expected, found: 'nothing', through: []})
  return result
}

type Compared = {what: string; expected: string; found: string}

function digestsOf(
  {id, files, oci, recipe}: Artifact,
  output: Output | undefined,
  published: Published,
): Compared[] {
  const compared: Compared[] = []
  const add = (what: string, expected: string | undefined, found: Digest | undefined) =>
    compared.push({what, expected: expected ?? 'nothing', found: found ?? 'nothing'})
  if (oci) add(id, published.artifacts.get(id), output?.oci?.root.digest)
  for (const name of files) add(name, published.files.get(name), output?.files[name]?.digest)
  const module = recipe.kind === 'module' ? `${recipe.module}.ko` : undefined
  if (module) add(`${module} of ${id}`, published.modules.get(id), output?.files[module]?.digest)
  return compared
}
