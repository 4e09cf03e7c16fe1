import {literally} from '../../lib/regexp.ts'
import {fillLine} from './shell.ts'

type Parameters = Readonly<Record<string, string>>
type Lines = {run?: readonly string[] | undefined; matches?: string | undefined}

/**
 * Fills {{parameters}} in a step or an action: in lines for a shell each value is a word and nothing more, in expressions it
 * stands for itself, in a patch it is within JSON's quotes; everywhere else it is text. One that is not known stays in braces.
 * @returns data of the same shape
 */
export function fill<T extends object>(data: T, parameters: Parameters): T {
  const {run, matches, done, ...rest} = data as Lines & {done?: {run: string; matches: string} | undefined}
  return {
    ...ownPatch(fillAll(rest, parameters), rest, parameters),
    ...linesOf({run, matches}, parameters),
    ...(done && {done: {...done, ...lineOf(done, parameters)}}),
  } as T
}

function linesOf({run, matches}: Lines, parameters: Parameters): Lines {
  const known = valueIn(parameters)
  return {
    ...(run && {run: run.map(line => fillLine(line, known))}),
    ...(matches !== undefined && {matches: replaced(matches, name => escaped(known(name)))}),
  }
}

function lineOf({run, matches}: {run: string; matches: string}, parameters: Parameters) {
  const filled = linesOf({run: [run], matches}, parameters)
  return {run: filled.run?.[0] ?? run, matches: filled.matches ?? matches}
}

function escaped(value: string | undefined): string | undefined {
  return value === undefined ? undefined : literally(value)
}

/** The JSON of a patch, in an action or in a step that does it. */
function ownPatch<T extends object>(filled: T, before: object, parameters: Parameters): T {
  if ('do' in filled && 'do' in before && typeof filled.do === 'object' && typeof before.do === 'object')
    return {...filled, do: filled.do && before.do && ownPatch(filled.do, before.do, parameters)}
  if (!('patch' in before) || typeof before.patch !== 'string') return filled
  const known = valueIn(parameters)
  return {...filled, patch: replaced(before.patch, name => inJson(known(name)))}
}

function inJson(value: string | undefined): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value).slice(1, -1)
}

function valueIn(parameters: Parameters) {
  return (name: string) => (Object.hasOwn(parameters, name) ? parameters[name] : undefined)
}

function replaced(text: string, known: (name: string) => string | undefined): string {
  return text.replaceAll(/\{\{([a-zA-Z][\w-]*)\}\}/g, (braces, name: string) => known(name) ?? braces)
}

function fillAll<T>(data: T, parameters: Parameters): T {
  return walk(data, text => replaced(text, valueIn(parameters))) as T
}

/** The parameters that are still open, in the order in which they occur. */
export function openParameters(data: unknown): string[] {
  const names = new Set<string>()
  walk(data, text => {
    for (const [, name = ''] of text.matchAll(/\{\{([a-zA-Z][\w-]*)\}\}/g)) names.add(name)
    return text
  })
  return [...names]
}

function walk(data: unknown, change: (text: string) => string): unknown {
  if (typeof data === 'string') return change(data)
  if (Array.isArray(data)) return data.map(entry => walk(entry, change))
  if (typeof data !== 'object' || data === null) return data
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, walk(value, change)]))
}
