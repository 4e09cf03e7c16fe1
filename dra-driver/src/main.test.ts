import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdtempSync, rmSync} from 'node:fs'
import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {startTestApi, type TestApi} from './testing-api.ts'

let folder: string
let api: TestApi
let child: ChildProcess | undefined
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dra-'))
  api = await startTestApi(() => undefined)
  api.writeKubeconfig(join(folder, 'kubeconfig'))
})
afterEach(async () => {
  child?.kill('SIGKILL')
  await api.stop()
  rmSync(folder, {recursive: true})
})

test('a program of which a part cannot start ends, with the reason', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const {port} = taken.address() as AddressInfo
  const flags = [
    ...[`--kubeconfig=${join(folder, 'kubeconfig')}`, '--node-name=node1', `--kubelet-root=${folder}`],
    ...[`--cdi-root=${join(folder, 'cdi')}`, `--sysfs-root=${join(folder, 'sys')}`],
    `--http-address=127.0.0.1:${port}`,
  ]
  child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...flags], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let log = ''
  child.stderr?.setEncoding('utf8').on('data', text => {
    log += text
  })
  await once(child, 'close')
  taken.close()
  expect([child.exitCode, log]).toEqual([3, expect.stringContaining('N022')])
})
