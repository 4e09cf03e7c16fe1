import {remark, shellWord} from './shell.ts'

/** What an action does to the world, as data: a program, a request, or a file. */
export type Call =
  | {
      readonly argv: readonly string[]
      readonly stdin?: string
      /** Where the output is kept, as a whole or not at all. */
      readonly into?: string
      /** Of the working directory. */
      readonly folder?: string
      /** A line for a shell; whoever writes it answers for quoting. */
      readonly shell?: true
    }
  | {readonly url: string; readonly method?: 'GET' | 'POST'; readonly body?: string}
  | {readonly read: string}
  | {readonly write: string; readonly text: string}

/** `code` is the exit code of a program, the status of a response; for files 0, or 1 when it is not there. */
export type Answer = {readonly code: number; readonly stdout: string; readonly stderr: string}

/** What stands in for an answer where nobody was asked. */
export const unasked: Answer = {code: 1, stdout: '', stderr: ''}

/** The line a person would type. */
export function shellLine(call: Call): string {
  if ('read' in call) return `cat ${quote(call.read)}`
  if ('write' in call) return remark(`edit ${call.write}`)
  if ('url' in call) {
    const {url, body} = call
    return body === undefined
      ? `curl -sS -o /dev/null -w '%{http_code}\\n' ${quote(url)}`
      : `curl -fsS -X POST -H 'Content-Type: application/json' -d ${quote(body)} ${quote(url)}`
  }
  const {argv, stdin, into, folder, shell} = call
  const line = shell ? (argv.at(-1) ?? '') : argv.map(quote).join(' ')
  const fed = stdin === undefined ? line : `${line} <<'EOF'\n${stdin.trimEnd()}\nEOF`
  const kept = into === undefined ? fed : `${fed} > ${quote(into)}`
  return folder === undefined || folder === '.' ? kept : `(cd ${quote(folder)} && ${kept})`
}

/** A word of a shell's line. {{parameters}} stay, within double quotes where there is anything to quote beside them. */
export function quote(word: string): string {
  const own = word.replaceAll(/\{\{[a-zA-Z][\w-]*\}\}/g, '')
  // Of braces bash makes several words when there is a comma or a range in them.
  if (word !== '' && /^[\w./:=@%+,{}^-]*$/.test(own) && !(own.includes('{') && /,|\.\./.test(own)))
    return word
  if (own === word) return shellWord(word)
  return `"${word.replaceAll(/["\\`]|\$(?![A-Z]|\{[A-Z])/g, found => `\\${found}`)}"`
}

/** The JSON of an answer; undefined when it has none, which is not the same as an empty one. */
export function jsonOf(answer: Answer | undefined): unknown {
  if (answer?.code !== 0) return undefined
  try {
    return JSON.parse(answer.stdout)
  } catch {
    return undefined
  }
}

/** What may be shown and kept: the password of a URI, such as that of a database, is nobody's to read. */
export function withoutPasswords(text: string): string {
  return text.replaceAll(/(\b[a-z][\w+.-]*:\/\/[^\s:@/]*:)[^\s@/]+@/gi, '$1***@')
}

/** The last line of what went wrong: what comes before it is a program's log. */
export function complaint({code, stdout, stderr}: Answer): string {
  const line = (stderr.trim() || stdout.trim()).split('\n').at(-1) ?? ''
  return line === '' ? `ended with ${code}` : line
}
