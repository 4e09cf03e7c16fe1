/** What every Go template has to be, whatever it calls: closed actions, closed strings, and an `end` for each block. */
const opening = new Set(['if', 'range', 'with', 'define', 'block'])

export type TemplateProblem = {line: number; message: string}

type Block = {word: string; line: number}

/**
 * Problems of one template's form (https://pkg.go.dev/text/template). It knows no functions and no types: that an action
 * means something, only Helm can tell.
 */
export function templateProblems(text: string): TemplateProblem[] {
  const problems: TemplateProblem[] = []
  const open: Block[] = []
  let at = text.indexOf('{{')
  while (at >= 0) {
    const line = lineAt(text, at)
    const action = readAction(text, at + 2)
    if (action.problem !== undefined) {
      problems.push({line, message: action.problem})
      // What follows may be inside or outside of it: nothing more can be told.
      return problems
    }
    problems.push(...blockProblems(action.words, line, open))
    at = text.indexOf('{{', action.end)
  }
  return [...problems, ...open.map(({word, line}) => ({line, message: `\`${word}\` has no \`end\``}))]
}

function blockProblems(words: string, line: number, open: Block[]): TemplateProblem[] {
  const [word = ''] = /^\w+/.exec(words) ?? []
  if (opening.has(word)) open.push({word, line})
  if (word === 'else' && open.length === 0) return [{line, message: '`else` outside of a block'}]
  if (word === 'end' && !open.pop()) return [{line, message: '`end` of nothing'}]
  return []
}

type Action = {end: number; words: string; problem?: undefined} | {problem: string}

/** @param start right behind `{{` */
function readAction(text: string, start: number): Action {
  const from = /^-\s/.test(text.slice(start, start + 2)) ? start + 1 : start
  const comment = /^\s*\/\*/.exec(text.slice(from, from + 200))
  if (comment) {
    const end = /\*\/(?:\s-)?\}\}/g
    end.lastIndex = from + comment[0].length
    const found = end.exec(text)
    return found ? {end: found.index + found[0].length, words: ''} : {problem: 'a comment is not closed'}
  }
  let depth = 0
  for (let at = from; at < text.length; at++) {
    const sign = text[at] ?? ''
    if (sign === '"' || sign === '`' || sign === "'") {
      const closed = endOfString(text, at)
      if (closed < 0) return {problem: `a string after ${sign} is not closed`}
      at = closed
    } else if (sign === '(') depth++
    else if (sign === ')' && --depth < 0) return {problem: 'a parenthesis is closed that is not open'}
    else if (text.startsWith('}}', at))
      return depth > 0
        ? {problem: 'a parenthesis is not closed'}
        : {end: at + 2, words: text.slice(from, at).trim()}
    else if (text.startsWith('{{', at)) return {problem: 'an action begins within an action'}
  }
  return {problem: '`{{` is not closed'}
}

/** Where a string ends that begins at a quote; -1 when it does not. Only raw strings go over lines. */
function endOfString(text: string, start: number): number {
  const quote = text[start]
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === quote) return at
    if (quote !== '`' && text[at] === '\n') return -1
    if (quote !== '`' && text[at] === '\\') at++
  }
  return -1
}

function lineAt(text: string, at: number): number {
  return text.slice(0, at).split('\n').length
}
