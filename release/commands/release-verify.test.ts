import {cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {type RegistryServer, startRegistry} from '#testbed/registry/server.ts'
import {lockstep} from './testing.ts'

let dir: string
let registry: RegistryServer
beforeAll(async () => {
  registry = await startRegistry()
  dir = mkdtempSync(join(tmpdir(), 'verify-'))
  cpSync('docs/examples/second-project', dir, {recursive: true})
  const matrix = join(dir, 'matrix/greeter.yaml')
  writeFileSync(
    matrix,
    readFileSync(matrix, 'utf8').replace('registry: ghcr.io/example', `registry: ${registry.host}/acme`),
  )
})
afterAll(async () => {
  await registry.close()
  rmSync(dir, {recursive: true})
})

test.each([[['--release', '0.3.0']], [['--release', 'v0.3.0']], [['v0.3.0']], [['0.3.0']]])(
  '%s is looked for where the matrix publishes, and not in dist/',
  async words => {
    const {code, err} = await lockstep(dir, 'release', 'verify', ...words)
    expect({code, err}).toMatchObject({
      code: 1,
      err: expect.stringContaining(`error[C015]: ${registry.host}/acme/greeter has no v0.3.0\n`),
    })
  },
)
