import {execFile} from 'node:child_process'
import {existsSync} from 'node:fs'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {needTools} from '../needs.ts'
import {clusters} from './state.ts'

const tools = process.env.TEST_ALL && (await needTools('kubectl', 'kube-apiserver', 'kubelet'))

/** The command as people run it, with a state folder of its own. */
describe.skipIf(!tools)('lockstep dev cluster', () => {
  let folder = ''
  let topology = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dev-'))
    process.env.MOCK_DEVICE_STATE = folder
    topology = join(folder, 'topology.yaml')
    await writeFile(topology, 'apiVersion: mock-accel/v1\nkind: Topology\nmemory: 1Gi\ndevices: [{vfs: 1}]\n')
  })
  afterAll(async () => {
    await lockstep('down')
    delete process.env.MOCK_DEVICE_STATE
    await rm(folder, {recursive: true})
  })

  function lockstep(...args: string[]): Promise<{code: number; stdout: string; stderr: string}> {
    const command = join(process.cwd(), 'lockstep')
    return new Promise(resolve => {
      execFile(command, ['dev', 'cluster', ...args], {timeout: 600_000}, (error, stdout, stderr) =>
        resolve({code: error ? Number(error.code ?? 1) : 0, stdout, stderr}),
      )
    })
  }
  const up = (...more: string[]) => lockstep('up', '--topology', topology, ...more)

  test('up answers with a kubeconfig that works, and once more with the same', async () => {
    const first = await up()
    expect(first).toMatchObject({code: 0, stdout: expect.stringMatching(/^export KUBECONFIG=\/.*\n$/)})
    expect(await up()).toMatchObject({code: 0, stdout: first.stdout})
    expect(await up('--nodes', '2')).toMatchObject({code: 1, stderr: expect.stringContaining('B055')})
    const status = await lockstep('status')
    expect(status.stdout).toMatch(/^dev: up since .*\n[\s\S]*node1 +Ready/)
  })

  test('logs of the node and of the control plane', async () => {
    expect((await lockstep('logs', 'node1')).stdout).toMatch(
      /━━ console[\s\S]*━━ containerd[\s\S]*━━ kubelet/,
    )
    expect((await lockstep('logs')).stdout).toContain('━━ kube-apiserver')
    expect(await lockstep('logs', 'node7')).toMatchObject({code: 1, stderr: expect.stringContaining('node1')})
  })

  test('killed, it is told, and cleared by the next up', async () => {
    const state = await clusters.read('dev')
    process.kill(state?.pid ?? 0, 'SIGKILL')
    expect((await lockstep('status')).stdout).toContain('ended without a word')
    expect(await lockstep('logs')).toMatchObject({code: 1, stderr: expect.stringContaining('B057')})
    expect(await up()).toMatchObject({code: 0, stderr: expect.stringContaining('what it left is removed')})
    expect(await lockstep('down')).toMatchObject({code: 0})
    expect(existsSync(clusters.folder('dev'))).toBe(false)
    expect((await lockstep('status')).stdout).toBe('There is no cluster.\n')
  })
})
