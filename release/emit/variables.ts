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
 * A line for a shell with its parameters: what the site says is filled in, the rest become variables of the shell. Within
 * single quotes, where a shell reads no variables, the quotes are left and entered again around it.
 */
export function withVariables(line: string, scope: Scope): string {
  return substituted(openDocument(line, scope), scope)
}

/** A document within a command, `<<'EOF'`, takes no variables; where it has to, its delimiter loses its quotes. */
function openDocument(line: string, {value}: Scope): string {
  const [whole, head = '', body = '', end = ''] =
    /^([^\n]*)<<'EOF'\n([\s\S]*?)(\nEOF[\s\S]*)$/.exec(line) ?? []
  // A site may name a variable itself, to keep a password out of what is written.
  const known = (name: string) => (value(name)?.includes('$') ? undefined : value(name))
  if (whole === undefined || openNames([body], {value: known, variable: name => name}).length === 0)
    return line
  return `${head}<<EOF\n${body.replaceAll(/[\\$`]/g, found => `\\${found}`)}${end}`
}

function substituted(line: string, {value, variable}: Scope): string {
  let quoted = false
  let doubled = false
  let text = ''
  for (let at = 0; at < line.length; at++) {
    const [found, name = ''] = /^\{\{([a-zA-Z][\w-]*)\}\}/.exec(line.slice(at)) ?? []
    if (found === undefined) {
      const char = line[at] ?? ''
      if (char === "'" && !doubled) quoted = !quoted
      if (char === '"' && !quoted && line[at - 1] !== '\\') doubled = !doubled
      text += char
      continue
    }
    // Braces, where a letter follows.
    const follows = /^\w/.test(line.slice(at + found.length))
    const shell = follows ? `\${${variable(name)}}` : `$${variable(name)}`
    text += value(name) ?? (quoted ? `'"${shell}"'` : shell)
    at += found.length - 1
  }
  return text
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
