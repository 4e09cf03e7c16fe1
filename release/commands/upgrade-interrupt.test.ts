import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {lockstep} from './testing.ts'

const program = join(import.meta.dirname, 'main.ts')

const matrix = `apiVersion: lockstep/v1
kind: Matrix
product:
  id: shop
  title: Shop
  summary: A shop.
  component: database
  home: https://example.com/
  repository: https://example.com/shop
  issues: https://example.com/shop/issues
  license: Apache-2.0
  security: {contact: security@example.com}
sources:
  docs: {title: Documentation, url: 'https://example.com/docs', seen: 2026-11-21}
components:
  database: {title: Database, scheme: semver, versions: [{version: 1.0.0}, {version: 2.0.0}]}
transitions:
  - {id: up, component: database, disruption: restart, level: supported, because: Any step., source: docs, asOf: 2026-11-21}
procedures:
  - id: any
    title: Upgrade
    component: database
    change:
      - title: Migrate.
        run: ['./migrate']
        repeatable: true
`

/** What a step began, two processes deep: it clears up when it is asked to end. */
const slow = `#!/bin/sh
sh -c 'trap "echo cleared > cleared; exit" TERM; sleep 600 & echo $$ > begun; wait' &
wait
`

test('Ctrl-C ends what a step has begun, in order, and the next run goes on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'interrupt-'))
  const file = (name: string) => join(folder, name)
  try {
    writeFileSync(file('matrix.yaml'), matrix)
    writeFileSync(file('migrate'), slow, {mode: 0o755})
    const own = ['--matrix', 'matrix.yaml']
    const {out} = await lockstep(folder, 'upgrade', 'plan', 'database=1.0.0..2.0.0', '-o', 'json', ...own)
    writeFileSync(file('plan.json'), out)
    const args = ['upgrade', 'run', 'plan.json', '--yes', ...own]
    const env = {PATH: process.env.PATH, HOME: folder}
    const child = spawn(process.execPath, [program, ...args], {cwd: folder, env})
    let err = ''
    child.stderr.on('data', part => {
      err += part
    })
    await expect.poll(() => existsSync(file('begun')), {timeout: 30_000}).toBe(true)
    child.kill('SIGINT')
    const [code] = await once(child, 'exit')
    expect({code, err}).toEqual({code: 130, err: expect.stringContaining('interrupted; waiting')})
    expect(err).not.toContain('unexpected')
    expect(readFileSync(file('cleared'), 'utf8')).toBe('cleared\n')
    writeFileSync(file('migrate'), '#!/bin/sh\nexit 0\n')
    const again = await lockstep(folder, ...args, '--resume')
    expect(again).toMatchObject({code: 0, out: 'complete: 1 hops\n'})
  } finally {
    rmSync(folder, {recursive: true, force: true})
  }
})
