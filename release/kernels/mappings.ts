/** Kernel lines become KMM's kernelMappings: exact names first, then anchored expressions. */
import type {Diagnostic} from '#lib/diagnostics.ts'
import type {KernelLine, Kernels} from '#release/matrix/schema/kernels.ts'
import {imageTag, imageTagTemplate, mappingChooser, refusedRegexp} from './kmm.ts'
import type {Lock} from './lock-schema.ts'
import {parseRegexp} from './re2-syntax.ts'
import {findShadowed, literalOf, type Shadow, takes, unanchoredWitness} from './shadow.ts'
import {type KernelMapping, mappingText} from './types.ts'

/** What mappings need to know about the release. */
export type MappingRelease = {
  /** The release version, without `v`. */
  version: string
  /** Registry and prefix, `ghcr.io/owner`; an eol line's lastImage lies below it. */
  registry: string
  /** Repository of the module images below the registry, `mock-accel-module`. */
  image: string
  /** The module’s file without `.ko`, `mock-accel`. */
  module: string
  signing?: Kernels['signing']
}

/** A mapping and the line that it stands for. */
export type LineMapping = {line: string; mapping: KernelMapping}

/** Name of the ConfigMap with the Dockerfile of a line that is built in the cluster. */
export function buildConfigMap(line: Pick<KernelLine, 'id'>, release: Pick<MappingRelease, 'image'>): string {
  return `${release.image}-build-${line.id}`
}

/**
 * The mappings of a release, in the order in which KMM must read them: literals, then expressions, each in
 * the order of the lines. Planned lines have none: they are only asked about (PreflightValidation).
 */
export function lineMappings(lines: readonly KernelLine[], release: MappingRelease): LineMapping[] {
  const all = lines.flatMap(line =>
    mappingsOf(line, release).map((mapping): LineMapping => ({line: line.id, mapping})),
  )
  const isLiteral = ({mapping}: LineMapping) => mapping.literal !== undefined
  return [...all.filter(isLiteral), ...all.filter(m => !isLiteral(m))]
}

function mappingsOf(line: KernelLine, release: MappingRelease): KernelMapping[] {
  if (line.state === 'planned') return []
  if (line.state === 'eol') return eolMappings(line, release)
  const repository = `${release.registry}/${release.image}`
  const fields = line.deliver === 'kmm-build' ? buildFields(line, release) : {}
  const named = line.kernels.filter(kernel => takes(line.match, kernel) !== true)
  return [
    ...named.map(literal => ({
      literal,
      containerImage: `${repository}:${imageTag(release.version, literal)}`,
      ...fields,
    })),
    {
      ...condition(line.match),
      containerImage: `${repository}:${imageTagTemplate(release.version)}`,
      ...fields,
    },
  ]
}

/** An eol line stays at its last image: for the kernels that it names, else for all that fit. */
function eolMappings(line: KernelLine, release: MappingRelease): KernelMapping[] {
  if (line.lastImage === undefined) return []
  const containerImage = `${release.registry}/${line.lastImage}`
  const conditions =
    line.kernels.length > 0 ? line.kernels.map(literal => ({literal})) : [condition(line.match)]
  return conditions.map(c => ({...c, containerImage}))
}

function condition(match: string): {literal: string} | {regexp: string} {
  const literal = literalOf(match)
  return literal === undefined ? {regexp: match} : {literal}
}

function buildFields(line: KernelLine, release: MappingRelease): Pick<KernelMapping, 'build' | 'sign'> {
  const build = {dockerfileConfigMap: {name: buildConfigMap(line, release)}}
  if (!release.signing?.enabled) return {build}
  const {keySecret, certSecret} = release.signing
  const file = `/opt/lib/modules/\${KERNEL_FULL_VERSION}/${release.module}.ko`
  return {
    build,
    sign: {keySecret: {name: keySecret}, certSecret: {name: certSecret}, filesToSign: [file]},
  }
}

/** A problem with one entry of a list; who called knows the place. */
export type IndexedProblem = {index: number; related: number[]} & Problem
type Problem = Omit<Diagnostic, 'place' | 'related'>

/**
 * What is wrong with a list of conditions: refused by RE2 (K004), shadowed (K010), impossible (K011), not
 * decided (K012, a warning).
 */
export function conditionProblems(
  conditions: readonly Pick<KernelMapping, 'literal' | 'regexp'>[],
): IndexedProblem[] {
  const refused = conditions.flatMap(({regexp}, index) => {
    const problem = regexp === undefined ? undefined : regexpProblem(regexp)
    return problem ? [{index, related: [], ...problem}] : []
  })
  const known = new Set(refused.map(p => p.index))
  const shadows = findShadowed(conditions).filter(s => !known.has(s.index))
  return [...refused, ...shadows.map(s => shadowProblem(s, conditions))].sort((a, b) => a.index - b.index)
}

/** K004 when Go would refuse the expression, so that no node at all would get its module. */
export function regexpProblem(regexp: string): Problem | undefined {
  const {refused} = parseRegexp(regexp)
  return refused === undefined ? undefined : refusedRegexp(regexp, refused)
}

function shadowProblem(
  shadow: Shadow,
  conditions: readonly Pick<KernelMapping, 'literal' | 'regexp'>[],
): IndexedProblem {
  const own = conditionText(conditions[shadow.index])
  const base = {index: shadow.index, related: shadow.by, severity: 'error' as const}
  if (shadow.verdict === 'impossible')
    return {
      ...base,
      code: 'K011',
      message: `no kernel name matches ${own}`,
      expected: 'a condition that fits names such as 6.12.117+deb13-amd64',
    }
  if (shadow.verdict === 'unknown')
    return {
      ...base,
      code: 'K012',
      severity: 'warning',
      message: `whether a kernel reaches ${own} could not be decided`,
      hint: 'write it with fewer repeats',
    }
  const by = shadow.by.map(i => conditionText(conditions[i])).join(' and ')
  return {
    ...base,
    code: 'K010',
    message: `no kernel reaches ${own}: ${by} before it ${shadow.by.length === 1 ? 'takes' : 'take'} every name that it matches`,
    hint: 'KMM takes the first match in list order: remove it, or put the narrower condition first',
  }
}

function conditionText(condition: Pick<KernelMapping, 'literal' | 'regexp'> | undefined): string {
  return condition ? mappingText(condition) : ''
}

/**
 * Problems of the lines' own expressions and of the mappings made from them; `index` and `related` are places
 * in `lines`. K013 (not anchored) is judged for expressions that RE2 takes.
 */
export function lineProblems(lines: readonly KernelLine[], release: MappingRelease): IndexedProblem[] {
  const problems = lines.flatMap((line, index): IndexedProblem[] => {
    const problem = regexpProblem(line.match) ?? anchorProblem(line.match)
    return problem ? [{index, related: [], ...problem}] : []
  })
  const refused = new Set(problems.filter(p => p.code === 'K004').map(p => p.index))
  const sound = lines.filter((_, index) => !refused.has(index))
  const mappings = lineMappings(sound, release)
  const lineOf = (i: number) => lines.findIndex(line => line.id === mappings[i]?.line)
  for (const problem of conditionProblems(mappings.map(m => m.mapping)))
    problems.push({...problem, index: lineOf(problem.index), related: problem.related.map(lineOf)})
  return problems.sort((a, b) => a.index - b.index)
}

function anchorProblem(match: string): Problem | undefined {
  const witness = unanchoredWitness(match)
  if (witness === undefined) return undefined
  return {
    code: 'K013',
    severity: 'error',
    message: `${match} is not anchored: KMM looks anywhere in the name and so takes ${JSON.stringify(witness)} too`,
    expected: `^(?:${match.replace(/^\^|\$$/g, '')})$`,
  }
}

/** A locked kernel that another line's mapping, or none, would take. */
export type Misrouted = {line: string; kernel: string; taken: LineMapping | undefined}

/** The locked kernels that KMM would not give to the line that lists them; an error in the lines' order or match. */
export async function misrouted(mappings: readonly LineMapping[], lock: Lock): Promise<Misrouted[]> {
  const choose = await mappingChooser(mappings.map(m => m.mapping))
  return Object.entries(lock.lines).flatMap(([line, kernels]) =>
    kernels
      .map(({kernel}) => ({line, kernel, taken: mappings[choose(kernel)?.index ?? -1]}))
      .filter(({taken}) => taken?.line !== line),
  )
}

/** The kernels that a PreflightValidation asks about: those of planned lines. */
export function plannedKernels(lines: readonly KernelLine[], lock: Lock): {line: string; kernel: string}[] {
  return lines
    .filter(line => line.state === 'planned')
    .flatMap(line => {
      const kernels = new Set([...line.kernels, ...(lock.lines[line.id] ?? []).map(k => k.kernel)])
      return [...kernels].map(kernel => ({line: line.id, kernel}))
    })
}
