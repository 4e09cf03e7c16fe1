import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {renderDiagnostics} from '#lib/render-diagnostics.ts'
import {maxYamlBytes} from '#lib/yaml.ts'
import {codes as kernelCodes} from '#release/kernels/codes.ts'
import {codes} from './codes.ts'
import {loadMatrix} from './load.ts'
import {minimal} from './testdata/minimal.ts'

const folder = join(import.meta.dirname, 'testdata/bad')
const bad = readdirSync(folder).filter(name => name.endsWith('.yaml'))
const real = readFileSync(join(import.meta.dirname, '../../matrix/mock-device.yaml'), 'utf8')
const found = (text: string | Uint8Array) => loadMatrix(text, 'matrix.yaml').diagnostics.map(d => d.code)

describe('every problem at once, at its place', () => {
  test.each(bad)('%s', async name => {
    const {source, diagnostics, value} = loadMatrix(readFileSync(join(folder, name)), name)
    expect(value).toBeUndefined()
    const text = renderDiagnostics(diagnostics, {color: false, source: () => source.text})
    await expect(text).toMatchFileSnapshot(join(folder, name.replace(/yaml$/, 'txt')))
  })

  test('every code has an example, and every example a story', () => {
    const texts = bad.map(name => readFileSync(join(folder, name.replace(/yaml$/, 'txt')), 'utf8')).join('\n')
    const shown = new Set([...texts.matchAll(/\[([A-Z]\d{3})\]/g)].map(m => m[1]))
    // Y002 is a file of more than 4 MiB, below.
    expect(Object.keys(codes).filter(code => !shown.has(code))).toEqual(['Y002'])
    expect([...shown].filter(code => code && !(code in codes) && !(code in kernelCodes))).toEqual([])
  })

  test('a file over the limit is refused before it is read', () => {
    expect(found(`# ${'x'.repeat(maxYamlBytes)}`)).toEqual(['Y002'])
  })
})

describe('what is sound', () => {
  test('is read without a word', () => {
    const {value, diagnostics} = loadMatrix(minimal, 'matrix.yaml')
    expect(diagnostics).toEqual([])
    expect(value?.components.kubernetes?.versions.map(v => v.version)).toEqual([
      '1.34',
      '1.35',
      '1.36',
      '1.37',
    ])
  })

  test('keeps 1.30 as it is written', () => {
    const {value} = loadMatrix(minimal.replace('version: 1.34', 'version: 1.30'), 'matrix.yaml')
    expect(value?.components.kubernetes?.versions[0]?.version).toBe('1.30')
  })

  test('the real matrix has no error', () => {
    expect(loadMatrix(real, 'mock-device.yaml').diagnostics.filter(d => d.severity === 'error')).toEqual([])
  })
})

test('an unknown key does not hide what is wrong elsewhere', () => {
  const text = minimal
    .replace('summary: For tests.', 'summary: For tests.\n  colour: blue')
    .replace('component: product', 'component: produkt')
  expect(found(text)).toEqual(['M002', 'M101'])
})

describe('a matrix that was tampered with', () => {
  // Numbers are taken modulo the length of the text, so that one edit fits all.
  const line = fc.nat({max: 100_000})
  const edit = fc.oneof(
    fc.record({kind: fc.constant('drop' as const), at: line}),
    fc.record({kind: fc.constant('swap' as const), at: line, with: line}),
    fc.record({kind: fc.constant('cut' as const), at: line, column: fc.nat({max: 80})}),
    fc.record({kind: fc.constant('indent' as const), at: line}),
    fc.record({
      kind: fc.constant('insert' as const),
      at: line,
      text: fc.oneof(
        fc.string(),
        fc.constantFrom(
          '- ',
          '  ? x',
          '&a *a',
          '!!binary x',
          '<<: *b',
          '"',
          '{',
          '|',
          '\t',
          '*',
          '__proto__: 1',
          'constructor: {}',
        ),
      ),
    }),
    fc.record({
      kind: fc.constant('value' as const),
      at: line,
      text: fc.oneof(
        fc.string(),
        fc.constantFrom('[]', '{}', '~', '1e9', '.nan', '>=1 <', '^(', '(?=x)', '9999-99-99'),
      ),
    }),
  )
  type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never
  const apply = (text: readonly string[], e: Edit): string[] => {
    const next = [...text]
    const at = e.at % text.length
    const here = next[at] ?? ''
    if (e.kind === 'drop') next.splice(at, 1)
    else if (e.kind === 'swap') {
      const other = e.with % text.length
      next[at] = next[other] ?? ''
      next[other] = here
    } else if (e.kind === 'cut') next[at] = here.slice(0, e.column)
    else if (e.kind === 'indent') next[at] = `  ${here}`
    else if (e.kind === 'insert') next.splice(at, 0, e.text)
    else next[at] = here.replace(/: .*$/, `: ${e.text}`)
    return next
  }

  const judge = (base: string, edits: readonly Edit[]) => {
    const text = edits.reduce(apply, base.split('\n')).join('\n')
    const {value, diagnostics, source} = loadMatrix(text, 'matrix.yaml')
    expect(value === undefined).toBe(diagnostics.some(d => d.severity === 'error'))
    for (const d of diagnostics) expect(d.place, JSON.stringify(d)).toBeDefined()
    renderDiagnostics(diagnostics, {color: false, source: () => source.text})
  }
  const edits = fc.array(edit, {minLength: 1, maxLength: 4})
  const small = bad
    .filter(name => name !== 'not-utf8.yaml')
    .map(name => readFileSync(join(folder, name), 'utf8'))

  test('is judged, never thrown at, and never passes without a value', () => {
    fc.assert(fc.property(fc.constantFrom(minimal, ...small), edits, judge), {numRuns: 400, seed: 3})
  }, 120_000)

  test('also when it is the real one', () => {
    fc.assert(fc.property(fc.constant(real), edits, judge), {numRuns: 10, seed: 3, endOnFailure: true})
  }, 120_000)
})
