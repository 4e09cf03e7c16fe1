import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdtempSync, rmSync} from 'node:fs'
import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test, vi} from 'vitest'
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

function start(...more: string[]) {
  const flags = [
    ...[`--kubeconfig=${join(folder, 'kubeconfig')}`, '--node-name=node1', `--kubelet-root=${folder}`],
    ...[`--cdi-root=${join(folder, 'cdi')}`, `--sysfs-root=${join(folder, 'sys')}`, ...more],
  ]
  const started = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...flags], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  child = started
  const running = Object.assign(started, {log: ''})
  started.stderr.setEncoding('utf8').on('data', text => {
    running.log += text
  })
  return running
}

test('a program of which a part cannot start ends, with the reason', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const {port} = taken.address() as AddressInfo
  const program = start(`--http-address=127.0.0.1:${port}`)
  await once(program, 'close')
  taken.close()
  expect([program.exitCode, program.log]).toEqual([3, expect.stringContaining('N022')])
})

test('an API server that is not ready for any of the first questions is asked again', async () => {
  for (const path of ['/apis/resource.k8s.io', '/version']) {
    api.unready.add(path)
    const program = start('--http-address=off')
    await vi.waitFor(() => expect([...api.slices.values()]).toHaveLength(1), 20_000)
    expect(program.log).toContain('the API server does not answer; asking again')
    program.kill('SIGTERM')
    await once(program, 'close')
    expect([program.exitCode, api.unready.size]).toEqual([0, 0])
    api.slices.clear()
  }
})
