import {literally} from '../lib/regexp.ts'
import {fillLine, hasReference, shellWord} from '../upgrade/actions/shell.ts'

/** How parameters of one component's commands are read: what the site says, else as which variable of a shell. */
export type Scope = {
  readonly value: (name: string) => string | undefined
  readonly variable: (name: string) => string
}

const braces = /\{\{([a-zA-Z][\w-]*)\}\}/g
/** Several components have one of these each; others, such as a cluster's name, are the whole site's. */
const ownNames = new Set(['namespace', 'release'])

/**
 * @param component its own parameters, `karpenter.namespace`, come before those for all
 * @param alone whether no other component of the plan asks for parameters of the same name
 */
export function scopeOf(
  component: string,
  parameters: Readonly<Record<string, string>>,
  alone: boolean,
): Scope {
  const own = (name: string) => `${component}.${name}`
  return {
    value: name => {
      if (Object.hasOwn(parameters, own(name))) return parameters[own(name)]
      return Object.hasOwn(parameters, name) ? parameters[name] : undefined
    },
    variable: name => shellName(ownNames.has(name) && !alone ? own(name) : name),
  }
}

/** `karpenter.namespace` as a shell takes it: `KARPENTER_NAMESPACE`. */
function shellName(name: string): string {
  return name.toUpperCase().replace(/[^A-Z0-9]/g, '_')
}

/**
 * A line for a shell with its parameters: what the site says is filled in, the rest become variables of the shell, and so does
 * what a site names as one itself (`$SECRET`), to keep a password out of what is written.
 */
export function withVariables(line: string, {value, variable}: Scope): string {
  return fillLine(line, name => value(name) ?? `$${variable(name)}`)
}

/** An expression for grep with its parameters, as a word of a shell's line. */
export function patternWord(expression: string, {value, variable}: Scope): string {
  return shellWord(
    expression.replaceAll(braces, (_, name: string) => {
      const said = value(name) ?? `$${variable(name)}`
      return hasReference(said) ? said : literally(said)
    }),
  )
}

/** What a site says word for word: all but what it names as a variable of the shell. */
export function literalsOf(
  parameters: Readonly<Record<string, string>>,
  component: string,
): Record<string, string> {
  const {value} = scopeOf(component, parameters, true)
  const names = Object.keys(parameters).map(name =>
    name.startsWith(`${component}.`) ? name.slice(component.length + 1) : name,
  )
  return Object.fromEntries(
    names.flatMap(name => {
      const said = value(name)
      return said === undefined || hasReference(said) ? [] : [[name, said]]
    }),
  )
}

/** Parameters in prose: what the site says, or the variable. */
export function inWords(text: string, {value, variable}: Scope): string {
  return text.replaceAll(braces, (_, name: string) => value(name) ?? `$${variable(name)}`)
}

/** The parameters of texts that nobody has said a value for. */
export function openNames(texts: readonly string[], {value}: Scope): string[] {
  const names = texts.flatMap(text => [...text.matchAll(braces)].map(([, name = '']) => name))
  return [...new Set(names)].filter(name => value(name) === undefined)
}
