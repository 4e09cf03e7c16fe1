import {describe, expect, it} from 'vitest'
import {realExec} from './exec.ts'

const node = (script: string) => [process.execPath, '-e', script]

describe('realExec', () => {
  it('gives back what a program says and how it ended', async () => {
    const {code, stdout, stderr} = await realExec.run(
      node(
        'process.stdin.on("data", d => process.stdout.write(d)).on("end", () => { console.error("bad"); process.exitCode = 3 })',
      ),
      {stdin: 'héllo'},
    )
    expect([code, stdout.toString(), stderr.toString()]).toEqual([3, 'héllo', 'bad\n'])
  })

  it('runs in a folder, with the environment it is given alone', async () => {
    const {stdout} = await realExec.run(node('console.log(process.cwd(), process.env.A, process.env.HOME)'), {
      cwd: '/',
      env: {A: '1'},
    })
    expect(stdout.toString()).toBe('/ 1 undefined\n')
  })

  it('counts an end by signal as shells do', async () => {
    const {code} = await realExec.run(node('process.kill(process.pid, "SIGTERM")'))
    expect(code).toBe(128 + 15)
  })

  it('does not mind a program that reads nothing', async () => {
    const {code} = await realExec.run(node(''), {stdin: Buffer.alloc(1 << 20)})
    expect(code).toBe(0)
  })

  it('says that a program is not there, or took too long', async () => {
    await expect(realExec.run(['no-such-program-here'])).rejects.toThrow(/E020.*no-such-program-here/)
    await expect(realExec.run(node(''), {cwd: '/no/such/folder'})).rejects.toThrow(/E020/)
    await expect(realExec.run(node('setInterval(() => {}, 1e6)'), {timeout: 100})).rejects.toThrow(
      /E021.*100 ms/,
    )
  })

  it('ends with its signal', async () => {
    const run = realExec.run(node('setInterval(() => {}, 1e6)'), {signal: AbortSignal.timeout(100)})
    await expect(run).rejects.toThrow(/abort/i)
  })
})
