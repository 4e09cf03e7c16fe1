import {describe, expect, test} from 'vitest'
import type {Diagnostic} from './diagnostics.ts'
import {renderDiagnostics} from './render-diagnostics.ts'

const text = 'first: 1\nsecond: {key: value}\n\tthird: x\n'
const render = (diagnostics: Diagnostic[], source = text, color = false) =>
  renderDiagnostics(diagnostics, {color, source: file => (file === 'a.yaml' ? source : undefined)})
const at = (line: number, col: number, endCol?: number) => ({
  file: 'a.yaml',
  line,
  col,
  ...(endCol === undefined ? {} : {endLine: line, endCol}),
})
const error = (over: Partial<Diagnostic> = {}): Diagnostic => ({
  code: 'M001',
  severity: 'error',
  message: 'it is wrong',
  ...over,
})

describe('a problem', () => {
  test('has place, caret, expectation, hint and what it is related to', () => {
    const problem = error({
      place: at(2, 15, 20),
      expected: 'another value',
      hint: 'write that',
      related: [{message: 'the first', place: at(1, 1, 6)}],
    })
    expect(render([problem])).toBe(`a.yaml:2:15: error[M001]: it is wrong
  2 | second: {key: value}
    |               ^^^^^
  expected: another value
  hint: write that
  see: a.yaml:1:1: the first
  1 | first: 1
    | ^^^^^

1 error; \`lockstep explain M001\` tells more
`)
  })

  test('without a place is one line', () => {
    expect(render([error()]).split('\n')[0]).toBe('error[M001]: it is wrong')
  })

  test('in a file that is not there has no excerpt', () => {
    expect(render([error({place: {file: 'b.yaml', line: 1, col: 1}})])).toContain(
      'b.yaml:1:1: error[M001]: it is wrong\n\n',
    )
  })

  test('that spans lines is marked to the end of the first', () => {
    const place = {file: 'a.yaml', line: 2, col: 9, endLine: 3, endCol: 4}
    expect(render([error({place})])).toContain('    |         ^^^^^^^^^^^^\n')
  })

  test('beyond the end of a line or of the file still shows', () => {
    expect(render([error({place: at(1, 40)})])).toContain('^')
    expect(render([error({place: at(99, 1)})])).toContain('a.yaml:99:1')
  })

  test('in a long line is cut around the caret', () => {
    const long = `${'x'.repeat(500)}HERE${'y'.repeat(500)}`
    const [, line = '', caret = ''] = render([error({place: at(1, 501, 505)})], long).split('\n')
    expect(line.length).toBeLessThan(135)
    expect(line.slice(caret.indexOf('^'), caret.lastIndexOf('^') + 1)).toBe('HERE')
  })

  test('keeps the caret under its word behind tabs', () => {
    const [, line = '', caret = ''] = render([error({place: at(3, 2, 7)})]).split('\n')
    expect(line.slice(caret.indexOf('^'), caret.lastIndexOf('^') + 1)).toBe('third')
  })

  test('cannot steer the terminal', () => {
    const shown = render(
      [error({message: 'bad \u001b[31mred\u001b[0m \u0007', hint: '\u001b]0;title\u0007', place: at(1, 1)})],
      '\u001b[2Jfirst',
    )
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
    expect(shown).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f]/)
  })

  test('is coloured only when asked', () => {
    expect(render([error({place: at(1, 1)})], text, true)).toContain('\u001b[')
    expect(render([error({place: at(1, 1)})])).not.toContain('\u001b')
  })
})

describe('a list of problems', () => {
  test('is in reading order and counted', () => {
    const shown = render([
      error({place: at(2, 9), code: 'M003'}),
      {...error({place: at(2, 1), code: 'M002'}), severity: 'warning'},
      error({place: at(1, 8)}),
    ])
    expect([...shown.matchAll(/^a\.yaml:(\d:\d): (\w+)/gm)].map(m => `${m[1]} ${m[2]}`)).toEqual([
      '1:8 error',
      '2:1 warning',
      '2:9 error',
    ])
    expect(shown).toMatch(/\n2 errors, 1 warning; `lockstep explain M001` tells more\n$/)
  })

  test('says nothing when there is nothing to say', () => {
    expect(render([])).toBe('')
  })
})
