import {mkdtemp, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
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

describe('a group of processes', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'group-'))
  })
  afterAll(() => rm(folder, {recursive: true, force: true}))

  /** A shell whose own child hears no SIGTERM, with its output elsewhere; the file tells when it has begun, and who it is. */
  const stubborn = (file: string) => [
    'sh',
    '-c',
    `sh -c 'trap "" TERM; echo $$ > "$0"; exec sleep 600' "$0" >/dev/null 2>&1 & wait`,
    file,
  ]
  const pidIn = async (file: string) => {
    const text = () => readFile(file, 'utf8').catch(() => '')
    await expect.poll(text).toMatch(/^\d+\n$/)
    return Number(await text())
  }
  /** What has ended may wait for the one who asks how; it does nothing any more. */
  const runs = async (pid: number) =>
    /^\d+ \(.*\) [^Z]/.test(await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''))
  const group = {grace: 200}

  it('ends as a whole when its time is over, also what hears no SIGTERM', async () => {
    const file = join(folder, 'late')
    const run = realExec.run(stubborn(file), {timeout: 1000, group})
    const ended = expect(run).rejects.toThrow(/E021/)
    const pid = await pidIn(file)
    expect(await runs(pid)).toBe(true)
    await ended
    await expect.poll(() => runs(pid)).toBe(false)
  })

  it('ends as a whole with its signal', async () => {
    const file = join(folder, 'stopped')
    const stop = new AbortController()
    const run = realExec.run(stubborn(file), {signal: stop.signal, group})
    const ended = expect(run).rejects.toThrow(/abort/i)
    const pid = await pidIn(file)
    stop.abort()
    await ended
    await expect.poll(() => runs(pid)).toBe(false)
  })

  it('has the time to clear up after SIGTERM', async () => {
    const file = join(folder, 'cleared')
    const line = `trap 'echo cleared > "$0"; exit' TERM; sleep 600 & wait`
    const run = realExec.run(['sh', '-c', line, file], {timeout: 500, group: {grace: 10_000}})
    await expect(run).rejects.toThrow(/E021/)
    expect(await readFile(file, 'utf8')).toBe('cleared\n')
  })

  it('is not begun any more once its signal has come', async () => {
    await expect(realExec.run(['no-such-program'], {signal: AbortSignal.abort(), group})).rejects.toThrow(
      /abort/i,
    )
  })
})
