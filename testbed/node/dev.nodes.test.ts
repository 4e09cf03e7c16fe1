import {execFile, spawn} from 'node:child_process'
import {existsSync} from 'node:fs'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {needTools} from '../needs.ts'
import {clusters} from './state.ts'

const tools = await needTools('kubectl', 'kube-apiserver', 'kubelet')

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

  type Said = {code: number; stdout: string; stderr: string}
  const command = join(import.meta.dirname, '../../lockstep')
  function run(program: string, args: readonly string[], stdin: string): Promise<Said> {
    return new Promise(resolve => {
      const child = execFile(program, args, {timeout: 600_000}, (error, stdout, stderr) =>
        resolve({code: error ? Number(error.code ?? 1) : 0, stdout, stderr}),
      )
      child.stdin?.end(stdin)
    })
  }
  const lockstep = (...args: string[]) => run(command, ['dev', 'cluster', ...args], '')
  const up = (...more: string[]) => lockstep('up', '--topology', topology, ...more)

  test('up answers with a kubeconfig that works, and once more with the same', async () => {
    const first = await up()
    expect(first).toMatchObject({code: 0, stdout: expect.stringMatching(/^export KUBECONFIG=\/.*\n$/)})
    expect(await up()).toMatchObject({code: 0, stdout: first.stdout})
    expect(await up('--nodes', '2')).toMatchObject({code: 1, stderr: expect.stringContaining('B555')})
    const status = await lockstep('status')
    expect(status.stdout).toMatch(/^dev: up since .*\n[\s\S]*node1 +Ready/)
  })

  test('logs of the node and of the control plane', async () => {
    expect((await lockstep('logs', 'node1')).stdout).toMatch(
      /━━ console[\s\S]*━━ containerd[\s\S]*━━ kubelet/,
    )
    expect((await lockstep('logs')).stdout).toContain('━━ kube-apiserver')
    expect(await lockstep('logs', 'node7')).toMatchObject({code: 2, stderr: expect.stringContaining('node1')})
  })

  test('shell runs the script that it is given, and ends as that does', async () => {
    const shell = (script: string, ...more: string[]) =>
      run(command, ['dev', 'cluster', 'shell', ...more], script)
    const script = `echo "it's $(uname -n)"\nls /sys/class/mock-accel\n`
    expect(await shell(script)).toEqual({code: 0, stdout: "it's node1\nmock0\nmock0v0\n", stderr: ''})
    expect(await shell('false', 'node1')).toMatchObject({code: 1, stdout: ''})
    expect(await shell('', 'node7')).toMatchObject({code: 2, stderr: expect.stringContaining('B553')})
  })

  test("shell joins a terminal to the node's; Ctrl-] leaves it", async () => {
    const child = spawn('script', ['-qec', `'${command}' dev cluster shell node1`, '/dev/null'])
    let said = ''
    child.stdout.on('data', part => {
      // The shell may ask a terminal where its cursor is.
      said = (said + part).replaceAll('\x1b[6n', '')
      if (!said.endsWith('node# ')) return
      child.stdin.write(said.includes('node1 is it') ? '\x1d' : 'echo $(uname -n) is it\n')
    })
    const code = await new Promise(resolve => child.once('close', resolve))
    expect([code, said]).toEqual([0, expect.stringContaining('node1 is it')])
  })

  test('a node that is rebooted from within comes back', async () => {
    const shell = (script: string) => run(command, ['dev', 'cluster', 'shell'], script)
    await shell('touch /var/here')
    expect(await shell('reboot -f')).toMatchObject({code: 1})
    const ready = async () => /node1 +Ready/.test((await lockstep('status')).stdout)
    for (let i = 0; i < 120 && !(await ready()); i++) await sleep(1000)
    expect(await shell('ls /var/here')).toMatchObject({code: 0, stdout: '/var/here\n'})
    expect(await ready()).toBe(true)
  })

  test('killed, it is told, and cleared by the next up', async () => {
    const state = await clusters.read('dev')
    process.kill(state?.pid ?? 0, 'SIGKILL')
    expect((await lockstep('status')).stdout).toContain('ended without a word')
    expect(await lockstep('logs')).toMatchObject({code: 1, stderr: expect.stringContaining('B557')})
    expect(await up()).toMatchObject({code: 0, stderr: expect.stringContaining('what it left is removed')})
    expect(await lockstep('down')).toMatchObject({code: 0})
    expect(existsSync(clusters.folder('dev'))).toBe(false)
    expect((await lockstep('status')).stdout).toBe('There is no cluster.\n')
  })
})
