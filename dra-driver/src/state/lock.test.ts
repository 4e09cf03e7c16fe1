import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {DatabaseSync} from 'node:sqlite'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {fileLock} from './lock.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lock-'))
})
afterEach(() => rmSync(folder, {recursive: true}))
const path = () => join(folder, 'x.lock')

/** Another process that runs `work` with `lock` at hand. */
function other(work: string) {
  const code = `
    import {readFileSync, writeFileSync} from 'node:fs'
    import {setTimeout as sleep} from 'node:timers/promises'
    import {fileLock} from ${JSON.stringify(join(import.meta.dirname, 'lock.ts'))}
    const lock = fileLock(${JSON.stringify(path())})
    ${work}`
  return spawn(process.execPath, ['--input-type=module', '-e', code], {stdio: ['ignore', 'pipe', 'inherit']})
}

describe('the lock', () => {
  test('lets one process in at a time', async () => {
    const counter = join(folder, 'counter')
    writeFileSync(counter, '0')
    const children = [1, 2, 3].map(() =>
      other(`
        for (let i = 0; i < 20; i++) await lock.hold(async () => {
          const before = Number(readFileSync(${JSON.stringify(counter)}, 'utf8'))
          await sleep(1)
          writeFileSync(${JSON.stringify(counter)}, String(before + 1))
        })`),
    )
    const ends = await Promise.all(children.map(async child => (await once(child, 'exit'))[0]))
    expect(ends).toEqual([0, 0, 0])
    expect(readFileSync(counter, 'utf8')).toBe('60')
  })

  test('comes free when its holder is killed', async () => {
    const holder = other(`await lock.hold(async () => { console.log('held'); await sleep(600_000) })`)
    await once(holder.stdout, 'data')
    const short = fileLock(path(), 50)
    await expect(short.hold(async () => 'mine')).rejects.toThrow('locked by another process')
    holder.kill('SIGKILL')
    await once(holder, 'exit')
    expect(await fileLock(path()).hold(async () => 'mine')).toBe('mine')
  })

  test('is given back when the work fails', async () => {
    const lock = fileLock(path())
    await expect(lock.hold(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await fileLock(path(), 100).hold(async () => 1)).toBe(1)
  })

  test('holds when the file was removed or overwritten meanwhile', async () => {
    const [first, second] = [fileLock(path(), 100), fileLock(path(), 100)]
    await first.hold(async () => {})
    rmSync(path())
    await second.hold(async () => {
      await expect(first.hold(async () => 'both')).rejects.toThrow('locked')
    })
  })

  test('holds whatever stands in the file', async () => {
    const database = new DatabaseSync(join(folder, 'database'))
    database.exec('CREATE TABLE x (a)')
    database.close()
    const whole = readFileSync(join(folder, 'database'))
    const foreign = Buffer.from(whole)
    // The version of the format for readers.
    foreign[19] = 99
    const schema = Buffer.from(whole)
    schema[47] = 99
    const texts = ['not a lock file at all, but something longer than a header'.repeat(4), '\0']
    for (const content of [...texts, whole.subarray(0, 100), whole.subarray(0, 4096), foreign, schema]) {
      writeFileSync(path(), content)
      expect(await fileLock(path(), 1000).hold(async () => 'held')).toBe('held')
    }
  })

  test('waits no more when told so', async () => {
    const [first, second] = [fileLock(path()), fileLock(path())]
    await first.hold(async () => {
      const gone = new AbortController()
      const waiting = second.hold(async () => 'ran', gone.signal)
      gone.abort()
      await expect(waiting).rejects.toThrow('abort')
    })
  })
})
