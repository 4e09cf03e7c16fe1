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
 * A line for a shell with its parameters: what the site says is filled in, the rest become variables of the shell, and so
 * does what a site names as one itself (`$SECRET`), to keep a password out of what is written. Within single quotes, where a
 * shell reads no variables, the quotes are left and entered again around it.
 */
export function withVariables(line: string, scope: Scope): string {
  const [whole, head = '', body = '', end = ''] =
    /^([^\n]*)<<'EOF'\n([\s\S]*?)(\nEOF[\s\S]*)$/.exec(line) ?? []
  if (whole === undefined) return inLine(line, scope)
  return `${inLine(head, scope)}${inDocument(body, scope)}${inLine(end, scope)}`
}

/** A document within a command, `<<'EOF'`, takes no variables; where it has to, its delimiter loses its quotes. */
function inDocument(body: string, scope: Scope): string {
  const closed = openNames([body], {...scope, value: name => fixed(name, scope)}).length === 0
  const escaped = (text: string) => (closed ? text : text.replaceAll(/[\\$`]/g, found => `\\${found}`))
  const text = escaped(body).replaceAll(
    /\{\{([a-zA-Z][\w-]*)\}\}(?=(\w?))/g,
    (_, name: string, next: string) => {
      const value = fixed(name, scope)
      return value === undefined ? shellOf(name, next, scope) : escaped(value)
    },
  )
  return `${closed ? "<<'EOF'" : '<<EOF'}\n${text}`
}

/** What a site says, unless that is a variable of the shell. */
function fixed(name: string, {value}: Scope): string | undefined {
  return value(name)?.includes('$') ? undefined : value(name)
}

/** As a shell reads it; with braces where a letter follows. */
function shellOf(name: string, next: string, {value, variable}: Scope): string {
  return value(name) ?? (/\w/.test(next) ? `\${${variable(name)}}` : `$${variable(name)}`)
}

function inLine(line: string, scope: Scope): string {
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
    const shell = shellOf(name, line[at + found.length] ?? '', scope)
    text += fixed(name, scope) ?? (quoted ? `'"${shell}"'` : shell)
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
