import {spawn} from 'node:child_process'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {expect, test} from 'vitest'
import {type Case, cases, site} from './test-plans.ts'
import {savedStandIn} from './testing.ts'

const program = fileURLToPath(new URL('test-dying.ts', import.meta.url))

type End = {
  code: number | null
  signal: NodeJS.Signals | null
  said: {passed: number; outcome: string; acts: string[]} | undefined
}

function live(folder: string, death?: number): Promise<End> {
  const args = [program, folder, ...(death === undefined ? [] : [String(death)])]
  const child = spawn(process.execPath, args, {stdio: ['ignore', 'pipe', 'inherit']})
  let text = ''
  child.stdout.on('data', chunk => {
    text += chunk
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) =>
      resolve({code, signal, said: text === '' ? undefined : JSON.parse(text)}),
    )
  })
}

async function inFolder<T>({plan, world}: Case, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'dying-'))
  try {
    await writeFile(join(folder, 'plan.json'), JSON.stringify(plan))
    await writeFile(join(folder, 'site.json'), JSON.stringify(site))
    await writeFile(join(folder, 'world.json'), savedStandIn(world()))
    return await work(folder)
  } finally {
    await rm(folder, {recursive: true, force: true})
  }
}

/** Points spread over the whole run, the same every time. */
function seeded(count: number, below: number): number[] {
  let seed = 20261121
  return Array.from({length: count}, () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return seed % below
  })
}

// Those with a Job, a snapshot, and releases of Helm.
const chosen = cases().filter(({name}) => /MLflow|mock-device/.test(name))

test.each(chosen)(
  '$name: killed at ten points, a real process is taken up by the next one, and nothing is done twice',
  async one => {
    const whole = await inFolder(one, folder => live(folder))
    expect(whole.said?.outcome).toBe('complete')
    const sorted = (acts: readonly string[]) => acts.filter(act => !act.startsWith('helm clear')).sort()
    for (const death of seeded(10, whole.said?.passed ?? 1))
      await inFolder(one, async folder => {
        expect((await live(folder, death)).signal).toBe('SIGKILL')
        const {said} = await live(folder)
        expect({death, outcome: said?.outcome}).toEqual({death, outcome: 'complete'})
        expect({death, acts: sorted(said?.acts ?? [])}).toEqual({death, acts: sorted(whole.said?.acts ?? [])})
      })
  },
  120_000,
)
