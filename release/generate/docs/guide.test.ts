import {readFileSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {loadMatrix} from '#release/matrix/load.ts'
import type {Matrix} from '#release/matrix/schema/index.ts'
import {planUpgrade} from '#release/upgrade/plan.ts'
import {upgradingGuides} from './index.ts'

function read(name: string): {file: string; matrix: Matrix} {
  const file = `matrix/${name}.yaml`
  const {value, diagnostics} = loadMatrix(readFileSync(file, 'utf8'), file)
  if (!value) throw new DiagnosticError(diagnostics)
  return {file, matrix: value}
}

describe.each(['kubevirt', 'mlops-platform'])('the guide of %s', name => {
  const other = read(name)
  const [page] = upgradingGuides([other])
  const text = page?.text ?? ''

  test('has a chapter for all that moves, and every procedure', () => {
    expect(page?.path).toBe(`docs/guides/upgrading-${name}.md`)
    for (const {title} of other.matrix.procedures) expect(text).toContain(`\n### ${title}`)
    for (const {component, because} of other.matrix.transitions) {
      const part = other.matrix.components[component]
      const titles = Object.values(other.matrix.components).filter(
        c => c === part || c.group === component || c.group === part?.group,
      )
      expect(
        titles.some(c => text.includes(`\n## ${c.title}\n`)),
        component,
      ).toBe(true)
      expect(text).toContain(because)
    }
  })

  test('cites sources that it lists', () => {
    const body = new Set([...text.matchAll(/\[\^([a-z0-9.-]+)\](?!:)/g)].map(m => m[1]))
    const notes = new Set([...text.matchAll(/^\[\^([a-z0-9.-]+)\]:/gm)].map(m => m[1]))
    expect(notes).toEqual(body)
    expect(text).not.toContain('unknown source')
  })

  test('leaves no parameter that a shell would not fill, and its plan exists', () => {
    expect(text).not.toMatch(/\{\{|undefined/)
    const [, words = ''] = /upgrade plan --matrix \S+ (.*?) -o json/.exec(text) ?? []
    const given = words.split(' ').map(word => /^(.+?)=(.+?)(?:\.\.(.+))?$/.exec(word) ?? [])
    const planned = planUpgrade({
      matrix: other.matrix,
      now: '2026-11-21',
      current: Object.fromEntries(given.map(([, key = '', from = '']) => [key, from])),
      wanted: Object.fromEntries(
        given.flatMap(([, key = '', , to]) => (to === undefined ? [] : [[key, to]])),
      ),
      values: {},
      facts: {},
      policy: {},
    })
    expect(planned.plan?.hops.length).toBeGreaterThan(0)
  })
})
