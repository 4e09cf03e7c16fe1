import {describe, expect, it} from 'vitest'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {loadShape} from '#release/matrix/load.ts'
import {changelog} from './changelog.ts'
import {changesSchema} from './changes.ts'
import {contextOf} from './context.ts'
import {blocks, bullets, fence, listing, numbered, section, table} from './markdown.ts'
import {shell, typed} from './procedure.ts'
import {bounds, rangeText} from './ranges.ts'
import {repositoryInput} from './testing.ts'

describe('markdown', () => {
  it('keeps a cell on its line, whatever it holds', () => {
    expect(
      table(
        ['a', 'b'],
        [
          ['x|y', 'one\n  two'],
          ['', '\\|'],
        ],
      ),
    ).toBe('| a | b |\n|---|---|\n| x\\|y | one two |\n| – | \\| |')
  })

  it('leaves out what is empty: tables without rows, sections without a body', () => {
    expect(table(['a'], [])).toBe('')
    expect(section(2, 'Nothing', '', undefined, false)).toBe('')
    expect(blocks('a', '', undefined, false, 'b')).toBe('a\n\nb')
  })

  it('fences code that has a fence in it', () => {
    expect(fence('```\nx\n```\n', 'md')).toBe('````md\n```\nx\n```\n````')
  })

  it('indents what belongs to an item', () => {
    expect(bullets(['a\n\nb'])).toBe('- a\n\n  b')
  })

  it('lists in words', () => {
    expect([listing([]), listing(['a']), listing(['a', 'b']), listing(['a', 'b', 'c'])]).toEqual([
      '',
      'a',
      'a and b',
      'a, b and c',
    ])
  })
})

describe('ranges in words', () => {
  it.each([
    ['>=1.34 <1.38', 'minor', '1.34 to 1.37'],
    ['>=2.4 <3.0', 'semver', '2.4 to 2.x'],
    ['>=0.2.0 <0.3.0', 'semver', '0.2.0 to 0.2.x'],
    ['>=3.14 <5.0', 'semver', '3.14 to 4.x'],
    ['>=6.12 <8.0', 'kernel', '6.12 to 7.x'],
    ['>=1.7', 'minor', '1.7 or later'],
    ['<=2.6', 'semver', 'up to 2.6'],
    ['>2.6', 'semver', 'after 2.6'],
    ['1.36', 'minor', '1.36'],
    ['4.x', 'semver', '4.x'],
    ['*', 'semver', 'any'],
    ['1.x || 2.x', 'semver', '`1.x || 2.x`'],
  ] as const)('%s of %s is %s', (range, scheme, expected) => {
    expect(rangeText(range, scheme)).toBe(expected)
  })

  it('gives up on what is more than a span', () => {
    expect(bounds('>=1 || 2', 'semver')).toBeUndefined()
  })
})

describe('changes', () => {
  const head = 'apiVersion: lockstep/v1\nkind: Changes\n'

  it('may be unreleased, which the changelog shows first', () => {
    const {value} = loadShape(
      `${head}version: unreleased\nchanges: {added: [{text: A thing., component: chart, link: 'https://example.com/1'}]}`,
      'x.yaml',
      changesSchema,
    )
    const input = repositoryInput()
    const text = changelog(contextOf({...input, changes: value ? [...input.changes, value] : []}))
    const found = [...text.matchAll(/^## \[(.*?)\]/gm)].map(m => m[1])
    expect(found).toEqual(['Unreleased', '0.2.0', '0.1.0'])
    expect(text).toContain('- **Helm chart:** A thing. ([details](https://example.com/1))')
    expect(text).toMatch(/^\[Unreleased\]: \S+\/compare\/v0\.2\.0\.\.\.HEAD$/m)
    expect(text).toMatch(/^\[0\.2\.0\]: \S+\/compare\/v0\.1\.0\.\.\.v0\.2\.0$/m)
  })

  it.each(['version: v1.0.0', 'version: 1.0.0\nchanges: {addd: []}', 'version: 1.0.0\nsummary: ""', ''])(
    'refuse %j',
    body => {
      const {value, diagnostics} = loadShape(head + body, 'x.yaml', changesSchema)
      expect(value).toBeUndefined()
      expect(diagnostics.length).toBeGreaterThan(0)
    },
  )
})

describe('contextOf', () => {
  it('refuses a matrix that describes no release (D001), and a version that is not listed (D002)', () => {
    const input = repositoryInput()
    const {release, ...rest} = input.matrix
    expect(codeOf(() => contextOf({...input, matrix: rest}))).toBe('D001')
    if (!release) throw new Error('the matrix has no release')
    expect(
      codeOf(() => contextOf({...input, matrix: {...rest, release: {...release, version: '9.9.9'}}})),
    ).toBe('D002')
  })
})

describe('shell', () => {
  it('makes variables of parameters', () => {
    expect(shell('helm list -n {{namespace}} {{release}}')).toBe('helm list -n $NAMESPACE $RELEASE')
    expect(typed('helm list -n {{namespace}} {{release}}')).toBe('helm list -n "$NAMESPACE" "$RELEASE"')
  })

  it('makes variables that a shell reads where it would read none: in quoted here-documents, between single quotes', () => {
    expect(typed("kubectl create -f - <<'EOF'\nname: migrate-{{run}}\nEOF")).toBe(
      `kubectl create -f - <<EOF\nname: migrate-\${RUN}\nEOF`,
    )
    expect(typed("echo 'v{{version}}'")).toBe(`echo 'v'"$VERSION"''`)
  })

  it('keeps all of a numbered item below it, from the tenth on too', () => {
    const list = numbered(Array.from({length: 10}, () => 'a\nb'))
    expect(list).toContain('9. a\n   b\n10. a\n    b')
  })
})

function codeOf(run: () => unknown): string | undefined {
  try {
    run()
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics[0]?.code
    throw error
  }
  return undefined
}
