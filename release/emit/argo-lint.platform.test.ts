import {execFile} from 'node:child_process'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {needTools} from '#testbed/needs.ts'
import {products} from './testing.ts'
import {workflowFiles} from './workflow.ts'

const tools = await needTools('argo-lint')

describe.skipIf(!tools)('Argo Workflows’ own linter, offline and strict', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'argo-lint-'))
  })
  afterAll(() => rm(folder, {recursive: true, force: true}))

  async function lint(text: string): Promise<{code: unknown; said: string}> {
    const file = join(folder, 'workflow.yaml')
    await writeFile(file, text)
    return new Promise(resolve =>
      execFile(tools?.['argo-lint'] ?? '', [file], (error, stdout, stderr) =>
        resolve({code: error ? error.code : 0, said: stdout + stderr}),
      ),
    )
  }

  test.each(Object.entries(products))('takes the workflow of %s', async (_, of) => {
    const text = workflowFiles(of())[0]?.text ?? ''
    expect(await lint(text)).toEqual({code: 0, said: 'no linting errors found!\n'})
  })

  test.each([
    ['a template that is not there', /entrypoint: .*/, 'entrypoint: nowhere', "'nowhere' undefined"],
    [
      'a parameter that nobody declares',
      '{{inputs.parameters.script}}',
      '{{inputs.parameters.skript}}',
      'failed to resolve {{inputs.parameters.skript}}',
    ],
    [
      'a field that there is not',
      'entrypoint:',
      'entrypoints: x\n  entrypoint:',
      'unknown field "spec.entrypoints"',
    ],
  ])('and refuses %s', async (_, from, to, said) => {
    const text = workflowFiles(products.mlops?.() ?? fail())[0]?.text ?? ''
    const broken = text.replace(from, to)
    expect(broken).not.toBe(text)
    const answer = await lint(broken)
    expect(answer.code).toBe(1)
    expect(answer.said).toContain(said)
  })
})

function fail(): never {
  throw new Error('there is no such product')
}
