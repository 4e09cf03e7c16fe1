import {hash} from 'node:crypto'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test, vi} from 'vitest'
import {fail} from '#lib/diagnostics.ts'
import {writeLock} from '../kernels/lock.ts'
import {withOverlay} from './overlay.ts'
import {quietContext} from './testing.ts'
import {loadWorkspace, neededLock, type Workspace} from './workspace.ts'

let cache: string
let workspace: Workspace
const context = quietContext()

beforeEach(async () => {
  cache = mkdtempSync(join(tmpdir(), 'cache-'))
  vi.stubEnv('MOCK_DEVICE_CACHE', cache)
  workspace = await loadWorkspace(context)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(cache, {recursive: true})
})

const vanished = () => fail({code: 'T003', message: 'linux-headers has vanished'}, 3)

test('what works with the committed lock is not asked about again', async () => {
  const seen: string[] = []
  await withOverlay(workspace, context, async ({lockKind}) => void seen.push(lockKind))
  expect(seen).toEqual(['committed'])
})

test('after a package has vanished, the lock of the cache is worked with, and called an overlay', async () => {
  const lock = neededLock(workspace)
  const successor = {...lock, resolved: '2030-01-01'}
  mkdirSync(join(cache, 'kernels'))
  const name = `${hash('sha256', writeLock(lock))}.lock.yaml`
  writeFileSync(join(cache, 'kernels', name), writeLock(successor))
  const seen: unknown[] = []
  const answer = await withOverlay(workspace, context, async ({lockKind, lock: used}) => {
    seen.push([lockKind, used?.resolved])
    return lockKind === 'committed' ? vanished() : 'built'
  })
  expect(answer).toBe('built')
  expect(seen).toEqual([
    ['committed', lock.resolved],
    ['overlay', '2030-01-01'],
  ])
})

test('other problems are not answered with another lock', async () => {
  let times = 0
  const work = withOverlay(workspace, context, async () => {
    times++
    return fail({code: 'B031', message: 'does not compile'})
  })
  await expect(work).rejects.toThrow('B031')
  expect(times).toBe(1)
})
