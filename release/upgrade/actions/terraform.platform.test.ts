import {execFile} from 'node:child_process'
import {mkdtemp, rm, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {delimiter, join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {programOf} from '#testbed/needs.ts'
import type {Action} from './action.ts'
import type {Answer, Call} from './call.ts'
import {kindOf} from './kinds.ts'

/*
 * With the resource that Terraform and OpenTofu have built in: no registry of providers is asked. That a provider is
 * upgraded is not shown by this.
 */
const program = programOf('terraform', 'tofu')

describe.skipIf(!program)('the real program', {timeout: 120_000}, () => {
  let folder: string
  const write = (text: string) =>
    writeFile(join(folder, 'main.tf'), `resource "terraform_data" "version" {\n  input = "${text}"\n}\n`)
  const targets: string[] = []
  const init: Action = {action: 'terraform-init', folder: '.', upgrade: true}
  const plan: Action = {action: 'terraform-plan', folder: '.', targets}
  const apply: Action = {action: 'terraform-apply', folder: '.', targets, saved: true}

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'terraform-'))
    await symlink(program ?? '', join(folder, 'terraform'))
    await write('1')
  })
  afterAll(() => rm(folder, {recursive: true, force: true}))

  const call = (one: Call): Promise<Answer> => {
    if (!('argv' in one)) throw new Error('no program')
    const env = {...process.env, PATH: `${folder}${delimiter}${process.env.PATH}`, CHECKPOINT_DISABLE: '1'}
    const [name = '', ...args] = one.argv
    return new Promise(resolve =>
      execFile(name, args, {cwd: folder, env}, (error, stdout, stderr) =>
        resolve({code: typeof error?.code === 'number' ? error.code : error ? 127 : 0, stdout, stderr}),
      ),
    )
  }
  const all = (calls: readonly Call[]) => Promise.all(calls.map(call))
  const look = async (action: Action) => kindOf(action).judge(action, await all(kindOf(action).look(action)))
  const act = async (action: Action) => {
    const answers = await all(kindOf(action).act(action, [], {helm: 4, token: '', timeout: 60_000}))
    for (const {code, stderr} of answers) expect(code, stderr).toBe(0)
  }

  test('what is there to do is seen; of files that cannot be read nothing is', async () => {
    await write('\\(')
    expect(await look(apply)).toMatchObject({state: 'unknown'})
    await write('1')
    await act(init)
    expect(await look(apply)).toMatchObject({state: 'not-started', saw: 'there are changes'})
  })

  test('what was planned is applied, and seen as that', async () => {
    await act(plan)
    await act(apply)
    expect(await look(apply)).toMatchObject({state: 'applied', saw: 'no changes'})
  })

  test('a change after it is seen; a plan of before is refused, and a new one is applied', async () => {
    await write('2')
    expect(await look(apply)).toMatchObject({state: 'not-started'})
    const [stale] = await all(kindOf(apply).act(apply, [], {helm: 4, token: '', timeout: 60_000}))
    expect(stale?.code).toBe(1)
    await act(plan)
    await act(apply)
    expect(await look(apply)).toMatchObject({state: 'applied'})
  })
})
