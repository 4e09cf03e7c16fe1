import {describe, expect, test} from 'vitest'
import {parse} from 'yaml'
import {products} from './testing.ts'
import {workflowFiles} from './workflow.ts'

type Template = {
  name: string
  inputs?: {parameters: {name: string}[]}
  steps?: {name: string; template: string; arguments?: {parameters: {name: string; value: string}[]}}[][]
}
type Workflow = {
  spec: {entrypoint: string; onExit: string; arguments: {parameters: {name: string}[]}; templates: Template[]}
}

/** What `argo lint` would find of names: that everything that is meant is there. */
describe.each(Object.entries(products))('%s', (_, of) => {
  const given = of()
  const text = workflowFiles(given)[0]?.text ?? ''
  const {spec} = parse(text) as Workflow
  const byName = new Map(spec.templates.map(template => [template.name, template]))

  test('every template is there once, and gets what it asks for', () => {
    expect(byName.size).toBe(spec.templates.length)
    expect([spec.entrypoint, spec.onExit].every(name => byName.has(name))).toBe(true)
    for (const {name, steps = []} of spec.templates) {
      const all = steps.flat()
      expect([name, new Set(all.map(step => step.name)).size]).toEqual([name, all.length])
      for (const step of all) {
        const asked = byName.get(step.template)?.inputs?.parameters.map(p => p.name) ?? []
        expect([step.name, byName.has(step.template)]).toEqual([step.name, true])
        expect((step.arguments?.parameters ?? []).map(p => p.name)).toEqual(asked)
      }
    }
  })

  test('every parameter that is read is declared', () => {
    const declared = new Set(spec.arguments.parameters.map(p => p.name))
    const read = [...text.matchAll(/\{\{workflow\.parameters\.([^}]+)\}\}/g)].map(([, name = '']) => name)
    expect(read.filter(name => !declared.has(name))).toEqual([])
    const others = [...text.matchAll(/\{\{([^}]+)\}\}/g)].map(([, name = '']) => name)
    expect(others.filter(name => !/^(?:workflow|inputs)\./.test(name))).toEqual([])
  })

  test('a person is asked before each hop, and told when it is a point of no return', () => {
    for (const hop of given.plan.hops) {
      const template = byName.get(`hop-${String(hop.number).padStart(2, '0')}`)
      const [first] = template?.steps?.[0] ?? []
      expect(first?.template).toBe('approve')
      const closed = ['never', 'unknown'].includes(hop.reversible.kind)
      expect(first?.arguments?.parameters[0]?.value.includes('POINT OF NO RETURN')).toBe(closed)
    }
  })
})
