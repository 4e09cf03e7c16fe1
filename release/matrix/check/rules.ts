import type {Diagnostic} from '#lib/diagnostics.ts'
import type {YamlPath} from '#lib/yaml.ts'
import {contains, formatRange, type Range} from '#release/lib/range.ts'
import type {Rule} from '../schema/rules.ts'
import {anything, type Box, boxesOf, joint, within} from './boxes.ts'
import {atomsOf, conditionsOf} from './conditions.ts'
import {type Context, entryPlace, exactly, listedVersions, problem, schemeOf} from './context.ts'

/**
 * What rules say together: M140 two contradict each other, M141 one contradicts itself, M142 one allows what
 * another calls broken, M143 a supported version that nothing can run with, M146 says nothing, M147 impossible skew.
 */
export function* rules(context: Context): Generator<Diagnostic> {
  yield* emptyAndSkewed(context)
  const judged = context.matrix.rules.flatMap((rule, index) => judgedRule(context, rule, index) ?? [])
  for (const rule of judged) yield* againstItself(context, rule)
  for (const about of bySubject(context, judged))
    for (const [i, a] of about.entries())
      for (const b of about.slice(i + 1)) yield* contradiction(context, a, b)
  for (const broken of judged.filter(isBroken))
    for (const rule of judged) yield* allowsBroken(context, rule, broken)
  yield* unreachable(context, judged)
}

type Judged = {rule: Rule; path: YamlPath; when: Box[]; requires: Box[]}

function judgedRule(context: Context, rule: Rule, index: number): Judged | undefined {
  const [when, requires] = [boxesOf(context, rule.when), boxesOf(context, rule.requires)]
  return when && requires && {rule, path: ['rules', index], when, requires}
}

/** A rule that says of its whole `when` that it does not work. */
function isBroken({rule}: Judged): boolean {
  return rule.level === 'broken' && rule.requires === undefined
}

function* emptyAndSkewed(context: Context): Generator<Diagnostic> {
  for (const [i, rule] of context.matrix.rules.entries())
    if (!rule.when && !rule.requires)
      yield {
        code: 'M146',
        severity: 'error',
        message: `rule \`${rule.id}\` says nothing: it has neither \`when\` nor \`requires\``,
        place: entryPlace(context, ['rules', i]),
      }
  for (const {condition, path} of conditionsOf(context)) {
    const atoms = [...atomsOf(condition, path)]
    if (atoms.length === 0)
      yield problem(context, path, {
        code: 'M146',
        message: 'the condition is empty, so it always holds',
        expected: "a component and its range, such as {kubernetes: '>=1.34'}",
        at: 'key',
      })
    for (const atom of atoms)
      if (atom.kind === 'skew' && (atom.min > atom.max || atom.of === atom.to))
        yield problem(context, atom.path, {
          code: 'M147',
          message:
            atom.of === atom.to
              ? `\`${atom.of}\` is compared with itself`
              : `no skew is at least ${atom.min} and at most ${atom.max}`,
          expected: 'min not above max, `of` and `to` two components',
          at: 'key',
        })
  }
}

function* againstItself(context: Context, {rule, path, when, requires}: Judged): Generator<Diagnostic> {
  if (rule.requires === undefined || (rule.when !== undefined && when.length === 0)) return
  if (when.some(w => requires.some(r => joint(w, r)))) return
  yield problem(context, [...path, 'requires'], {
    code: 'M141',
    message: `rule \`${rule.id}\` can never hold: what it requires contradicts ${requires.length === 0 || !rule.when ? 'itself' : 'its own `when`'}`,
    at: 'key',
    ...(rule.when
      ? {related: [{message: 'its `when`', place: context.source.locateKey([...path, 'when'])}]}
      : {}),
  })
}

/** Whether some combination of known versions is in the box, where versions are known at all. */
function isInhabited(context: Context, box: Box): boolean {
  return [...box.versions].every(([component, range]) => {
    const listed = listedVersions(context, component)
    return listed.length === 0 || listed.some(({version}) => contains(range, version))
  })
}

/**
 * Each rule can be followed where both speak, but not both of them. Only rules about the same things contradict:
 * where one speaks of a feature or of a further component, they say together that it cannot be used there.
 */
function* contradiction(context: Context, a: Judged, b: Judged): Generator<Diagnostic> {
  for (const region of a.when.flatMap(x => b.when.flatMap(y => joint(x, y) ?? []))) {
    if (!region.exact || !isInhabited(context, region)) continue
    const alone = (rule: Judged) => rule.requires.some(r => joint(region, r))
    const together = a.requires.some(x => b.requires.some(y => allOf(region, x, y)))
    if (together || !alone(a) || !alone(b)) continue
    const conflict = conflictOf(a, b)
    yield problem(context, [...b.path, 'requires', ...(conflict ? [conflict.component] : [])], {
      code: 'M140',
      message:
        `rules \`${a.rule.id}\` and \`${b.rule.id}\` contradict each other${regionText(region)}` +
        (conflict
          ? `: \`${conflict.component}\` would have to be ${formatRange(conflict.a)} and ${formatRange(conflict.b)}`
          : ''),
      hint: 'narrow the `when` of one of them, or mend a range',
      related: [
        {
          message: `what \`${a.rule.id}\` requires`,
          place: context.source.locate([...a.path, 'requires', ...(conflict ? [conflict.component] : [])]),
        },
      ],
    })
    return
  }
}

/** What a rule speaks about: the names in its `when`; the product where there are none. */
function subject({matrix}: Context, {when}: Judged): string {
  const names = when.flatMap(({versions, values}) => [
    ...versions.keys(),
    ...[...values.keys()].map(key => `value ${key}`),
  ])
  return names.length === 0 ? matrix.product.component : [...new Set(names)].sort().join()
}

/** The rules that demand something, in groups that speak about the same. */
function bySubject(context: Context, judged: readonly Judged[]): Iterable<Judged[]> {
  const groups = new Map<string, Judged[]>()
  for (const one of judged.filter(({rule}) => rule.requires && !isVague(rule))) {
    const key = subject(context, one)
    const group = groups.get(key)
    if (group) group.push(one)
    else groups.set(key, [one])
  }
  return groups.values()
}

function isVague({level}: Rule): boolean {
  return level === 'unknown' || level === 'broken'
}

function allOf(region: Box, a: Box, b: Box): Box | undefined {
  const first = joint(region, a)
  return first && joint(first, b)
}

/** The component that two plain requirements disagree about. */
function conflictOf(a: Judged, b: Judged): {component: string; a: Range; b: Range} | undefined {
  const [x, y] = [a.requires[0], b.requires[0]]
  if (!x || !y || a.requires.length > 1 || b.requires.length > 1) return undefined
  for (const [component, range] of x.versions) {
    const other = y.versions.get(component)
    const only = (box: Box, r: Range) => joint({...anything, versions: new Map([[component, r]])}, box)
    if (other && !only(y, range)) return {component, a: range, b: other}
  }
  return undefined
}

function regionText({versions, values}: Box): string {
  const words = [
    ...[...versions].map(([component, range]) => `${component} ${formatRange(range)}`),
    ...[...values].map(([key, value]) => `${key}=${value}`),
  ]
  return words.length > 0 ? ` for ${words.join(', ')}` : ''
}

/** A rule that vouches for nothing but what another rule says is broken. */
function* allowsBroken(
  context: Context,
  {rule, path, when, requires}: Judged,
  broken: Judged,
): Generator<Diagnostic> {
  if (isVague(rule) || !rule.requires) return
  const allowed = when.flatMap(w => requires.flatMap(r => joint(w, r) ?? []))
  if (allowed.length === 0 || !allowed.every(box => broken.when.some(w => within(box, w)))) return
  yield {
    code: 'M142',
    severity: 'error',
    place: entryPlace(context, path),
    message: `rule \`${rule.id}\` allows only what rule \`${broken.rule.id}\` says is broken`,
    hint: 'remove the one that is wrong, or narrow the `when` of the broken one',
    related: [{message: `rule \`${broken.rule.id}\``, place: entryPlace(context, broken.path)}],
  }
}

/** A supported version of the product for which every version of some platform is ruled out. */
function* unreachable(context: Context, judged: readonly Judged[]): Generator<Diagnostic> {
  const {matrix} = context
  const product = matrix.product.component
  const platforms = Object.keys(matrix.components).filter(
    id => matrix.components[id]?.platform && id !== product,
  )
  for (const {index, version} of listedVersions(context, product)) {
    if (matrix.components[product]?.versions[index]?.state !== 'supported') continue
    for (const platform of platforms) {
      const candidates = listedVersions(context, platform)
      const against = candidates.map(candidate => {
        const box = {
          ...anything,
          versions: new Map([
            [product, exactly(version, schemeOf(context, product))],
            [platform, exactly(candidate.version, schemeOf(context, platform))],
          ]),
        }
        return judged.find(rule => refutes(rule, box))
      })
      if (candidates.length === 0 || against.includes(undefined)) continue
      const culprits = [...new Set(against.flatMap(rule => rule ?? []))]
      yield problem(context, ['components', product, 'versions', index, 'version'], {
        code: 'M143',
        message: `${product} ${version.text} is supported but works with no listed version of \`${platform}\``,
        hint: 'mend the rules, or say that the version is eol',
        related: culprits.map(({rule, path}) => ({
          message: `rule \`${rule.id}\``,
          place: entryPlace(context, path),
        })),
      })
    }
  }
}

function refutes(judged: Judged, box: Box): boolean {
  if (judged.rule.level === 'unknown' || !judged.when.some(w => within(box, w))) return false
  return isBroken(judged) || (judged.rule.requires !== undefined && !judged.requires.some(r => joint(box, r)))
}
