import {readFileSync} from 'node:fs'
import {expect, test} from 'vitest'
import {loadMatrix} from '../matrix/load.ts'
import {projectFiles} from './project.ts'

test('release notes tell only rules that are about their version', () => {
  const text = readFileSync('docs/examples/second-project/matrix/greeter.yaml', 'utf8')
  const file = 'matrix/greeter.yaml'
  const older = `rules:
  - id: only-old
    when: {greeter: '<0.3.0'}
    requires: {kubernetes: '1.34'}
    level: expected
    because: Only of what came before.
    source: kubernetes-probes
    asOf: 2026-11-21
`
  const {value, diagnostics} = loadMatrix(text.replace('rules:\n', older), file)
  expect(diagnostics).toEqual([])
  if (!value) throw new Error('not sound')
  const notes = projectFiles({matrix: value, file, components: [], changes: []}).find(f =>
    f.path.endsWith('v0.3.0.md'),
  )
  expect(notes?.text).toContain('nothing that Kubernetes 1.34 does not have')
  expect(notes?.text).not.toContain('Only of what came before')
})
