import type {z} from 'zod'
import type {Diagnostic} from './diagnostics.ts'
import {didYouMean} from './did-you-mean.ts'
import {
  at,
  bare,
  describeSchema,
  fittingOption,
  isMapping,
  knownKeys,
  orList,
  schemaAt,
} from './schema-walk.ts'
import type {YamlPath, YamlSource} from './yaml.ts'

type Issue = z.core.$ZodIssue
type Path = (string | number)[]
type Context = {schema: z.ZodType; source: YamlSource}

/**
 * zod's issues as problems at their place in the file: M001 wrong kind of value, M002 unknown key, M003 missing
 * keys, M004 not one of the words, M005 malformed, M006 empty, M007 no shape fits, M008 another kind of file.
 */
export function shapeProblems(issues: readonly Issue[], schema: z.ZodType, source: YamlSource): Diagnostic[] {
  const context = {schema, source}
  const flat = issues.flatMap(issue => withoutUnions(issue, context))
  const unknown = flat.flatMap(issue =>
    issue.code === 'unrecognized_keys' ? unknownKeys(issue, context) : [],
  )
  const missing = flat.filter(issue => isMissing(issue, context))
  const others = flat.filter(issue => issue.code !== 'unrecognized_keys' && !missing.includes(issue))
  const meant = new Set(unknown.flatMap(({meant}) => (meant ? [meant] : [])))
  return [
    ...unknown.map(({diagnostic}) => diagnostic),
    ...missingKeys(missing.map(pathOf), meant, context),
    ...others.map(issue => problemOf(issue, context)),
  ]
}

function pathOf(issue: Issue): Path {
  return issue.path.filter(key => typeof key !== 'symbol')
}

/** A union's issue replaced by those of the option that was meant, where that can be told. */
function withoutUnions(issue: Issue, context: Context): Issue[] {
  if (issue.code !== 'invalid_union') return [issue]
  const path = pathOf(issue)
  const value = at(context.source.value, path)
  const schema = schemaAt(context.schema, path, context.source.value)
  const def = schema && bare(schema)
  const option = def?.type === 'union' ? fittingOption(def, value) : undefined
  const inner = def?.type === 'union' && option ? issue.errors[def.options.indexOf(option)] : undefined
  if (!inner || inner.length === 0) return [issue]
  return inner.flatMap(i => withoutUnions({...i, path: [...path, ...i.path]} as Issue, context))
}

function isMissing(issue: Issue, {source}: Context): boolean {
  const path = pathOf(issue)
  return issue.code !== 'unrecognized_keys' && path.length > 0 && at(source.value, path) === undefined
}

type UnknownKey = {diagnostic: Diagnostic; meant: string | undefined}

function unknownKeys(issue: z.core.$ZodIssueUnrecognizedKeys, context: Context): UnknownKey[] {
  const path = pathOf(issue)
  const {schema, source} = context
  const here = schemaAt(schema, path, source.value)
  const value = at(source.value, path)
  const free = (here ? knownKeys(here) : []).filter(key => !isMapping(value) || !Object.hasOwn(value, key))
  return issue.keys.map(key => {
    const meant = didYouMean(key, free)
    const diagnostic: Diagnostic = {
      code: 'M002',
      severity: 'error',
      message: `${name(path)} has no key \`${key}\``,
      place: source.locateKey([...path, key]),
      ...(meant
        ? {hint: `did you mean \`${meant}\`?`}
        : {expected: free.length > 0 ? `one of ${free.map(k => `\`${k}\``).join(', ')}` : 'no further key'}),
    }
    return {diagnostic, meant: meant && pathKey([...path, meant])}
  })
}

function pathKey(path: YamlPath): string {
  return JSON.stringify(path)
}

/** One problem per mapping, naming all that it lacks, without those that a mistyped key was meant to be. */
function missingKeys(paths: readonly Path[], meant: ReadonlySet<string>, context: Context): Diagnostic[] {
  const lacking = new Map<string, {parent: Path; keys: Set<string>}>()
  for (const path of paths) {
    if (meant.has(pathKey(path))) continue
    const parent = path.slice(0, -1)
    const entry = lacking.get(pathKey(parent)) ?? {parent, keys: new Set()}
    entry.keys.add(String(path.at(-1)))
    lacking.set(pathKey(parent), entry)
  }
  return [...lacking.values()].map(({parent, keys}) => missingProblem(parent, [...keys], context))
}

function missingProblem(parent: Path, keys: readonly string[], {schema, source}: Context): Diagnostic {
  const words = keys.map(key => `\`${key}\``)
  const owner = schemaAt(schema, parent, source.value)
  // Without its discriminator nothing tells which option of a union is meant.
  const known = keys.length === 1 && owner && bare(owner).type !== 'union'
  const first = known ? schemaAt(schema, [...parent, ...keys], source.value) : undefined
  const expected = first && describeSchema(first)
  const list = words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
  return {
    code: 'M003',
    severity: 'error',
    message: `${name(parent)} lacks ${list}`,
    place: headPlace(parent, source),
    ...(expected && expected !== 'text' ? {expected: `\`${keys[0]}\` as ${expected}`} : {}),
  }
}

/** Where a mapping is best pointed at: the key that it stands under, or its own first key. */
function headPlace(path: Path, source: YamlSource): Diagnostic['place'] & object {
  if (typeof path.at(-1) === 'string') return source.locateKey(path)
  const value = at(source.value, path)
  const firstKey = isMapping(value) ? Object.keys(value)[0] : undefined
  return firstKey === undefined ? source.locate(path) : source.locateKey([...path, firstKey])
}

/** How a value is called in a message: its key, or which item of which list it is. */
function name(path: Path): string {
  const last = path.at(-1)
  if (last === undefined) return 'the file'
  if (typeof last === 'string') return `\`${last}\``
  const list = path.slice(0, -1).findLast(key => typeof key === 'string')
  return `item ${last + 1} of \`${list ?? 'the file'}\``
}

function problemOf(issue: Issue, context: Context): Diagnostic {
  const path = pathOf(issue)
  const value = at(context.source.value, path)
  const error = {severity: 'error', place: context.source.locate(path)} as const
  if (value === null && issue.code !== 'invalid_key')
    return {...error, ...emptyProblem(path, context), place: context.source.locateKey(path)}
  switch (issue.code) {
    case 'invalid_type':
      return {...error, ...wrongKind(issue, path, value, context)}
    case 'invalid_value':
      return {...error, ...notOneOf(issue, path, value)}
    case 'invalid_union':
      return {...error, ...noShape(issue, path, value, context)}
    case 'invalid_key':
      return {...error, ...malformedKey(issue, path), place: context.source.locateKey(path)}
    case 'too_small':
      return {
        ...error,
        code: 'M006',
        message: `${name(path)} ${issue.origin === 'string' ? issue.message : 'must have at least one item'}`,
      }
    default:
      return {...error, ...malformed(issue.message, path, value)}
  }
}

type Problem = Omit<Diagnostic, 'severity' | 'place'>

function emptyProblem(path: Path, {schema, source}: Context): Problem {
  const here = schemaAt(schema, path, source.value)
  return {
    code: 'M006',
    message: `${name(path)} has no value`,
    expected: here ? describeSchema(here) : 'a value',
    hint: 'give it one, or leave the key out if it is optional',
  }
}

const kinds: Record<string, string> = {
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
  string: 'text',
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  return isMapping(value) ? 'a mapping' : 'text'
}

function wrongKind(
  issue: z.core.$ZodIssueInvalidType,
  path: Path,
  value: unknown,
  context: Context,
): Problem {
  const expected = kinds[issue.expected] ?? issue.expected
  const parent =
    path.length > 0 ? schemaAt(context.schema, path.slice(0, -1), context.source.value) : undefined
  const def = parent && bare(parent)
  // A condition takes any key as a component, so a mistyped `all` or `any` ends here.
  const free = def?.type === 'object' && def.catchall && !(String(path.at(-1)) in def.shape)
  const meant = free ? didYouMean(String(path.at(-1)), Object.keys(def.shape)) : undefined
  const hint = meant ? `did you mean \`${meant}\`?` : kindHint(issue.expected, value)
  return {
    code: 'M001',
    message: `${name(path)} must be ${free ? 'a version range' : expected}, not ${kindOf(value)}`,
    ...(hint ? {hint} : {}),
  }
}

function kindHint(expected: string, value: unknown): string | undefined {
  if (expected === 'array' && typeof value === 'string') return `write a list: [${value.slice(0, 40)}]`
  if (expected === 'array' && isMapping(value)) return 'begin each item with "- "'
  return undefined
}

function notOneOf(issue: z.core.$ZodIssueInvalidValue, path: Path, value: unknown): Problem {
  const words = issue.values.map(String)
  const expected = orList(words.map(word => `\`${word}\``))
  const own = typeof value === 'string' ? `\`${shorten(value)}\`` : kindOf(value)
  if (path.length === 1 && (path[0] === 'apiVersion' || path[0] === 'kind'))
    return {
      code: 'M008',
      message: `${name(path)} is ${own}, which this file cannot be read as`,
      expected,
      hint: 'a newer file needs a newer lockstep',
    }
  if (/true or false/.test(issue.message)) return malformed(issue.message, path, value)
  const meant = typeof value === 'string' ? didYouMean(value, words) : undefined
  return {
    code: 'M004',
    message: `${name(path)} cannot be ${own}`,
    expected,
    ...(meant ? {hint: `did you mean \`${meant}\`?`} : {}),
  }
}

function noShape(issue: z.core.$ZodIssueInvalidUnion, path: Path, value: unknown, context: Context): Problem {
  const options = (issue as {options?: unknown[]}).options
  if (options) {
    const words = options.map(String)
    const meant = typeof value === 'string' ? didYouMean(value, words) : undefined
    const own = typeof value === 'string' ? `\`${shorten(value)}\`` : kindOf(value)
    const hint = meant ? {hint: `did you mean \`${meant}\`?`} : {}
    return {
      code: 'M004',
      message: `${name(path)} cannot be ${own}`,
      expected: orList(words.map(w => `\`${w}\``)),
      ...hint,
    }
  }
  const schema = schemaAt(context.schema, path, context.source.value)
  const own = typeof value === 'string' ? `\`${shorten(value)}\`` : kindOf(value)
  return {
    code: 'M007',
    message: `${name(path)} has none of the shapes that it may have (found ${own})`,
    ...(schema ? {expected: describeSchema(schema)} : {}),
  }
}

function malformedKey(issue: z.core.$ZodIssueInvalidKey, path: Path): Problem {
  const key = String(path.at(-1))
  return malformed(issue.issues[0]?.message ?? 'is not a good key', path, key)
}

function malformed(message: string, path: Path, value: unknown): Problem {
  const hint = typeof value === 'string' ? spelling(message, value) : undefined
  const found =
    typeof value === 'string' && !message.startsWith('must not') ? `, not \`${shorten(value)}\`` : ''
  return {code: 'M005', message: `${name(path)} ${message}${found}`, ...(hint ? {hint} : {})}
}

/** The value as it was probably meant. */
function spelling(message: string, value: string): string | undefined {
  const write = (better: string) => (better === '' || better === value ? undefined : `write ${better}`)
  if (message.includes('start with v') || message.includes('contain +'))
    return write(value.replace(/^v/i, '').replace(/\+.*$/, ''))
  if (message.includes('true or false')) {
    if (/^(?:yes|on|y|true)$/i.test(value)) return 'write true'
    return /^(?:no|off|n|false)$/i.test(value) ? 'write false' : undefined
  }
  if (message.includes('lower-case'))
    return write(
      value
        .toLowerCase()
        .replace(/[^a-z0-9.]+/g, '-')
        .replace(/^[-.]+|[-.]+$/g, ''),
    )
  const day = /^(\d{4})[/.](\d{1,2})[/.](\d{1,2})$/.exec(value)
  if (message.includes('calendar day') && day)
    return write([day[1], day[2]?.padStart(2, '0'), day[3]?.padStart(2, '0')].join('-'))
  return undefined
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ')
  return line.length > 60 ? `${line.slice(0, 59)}…` : line
}
