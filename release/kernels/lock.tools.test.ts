import {readFileSync} from 'node:fs'
import {expect, test} from 'vitest'
import {packageIndex} from '#release/effects/toolbox/packages.ts'
import {loadMatrix} from '#release/matrix/load.ts'
import {readLock, writeLock} from './lock.ts'
import {lockedLines, lockPath, lockProblems} from './lock-lines.ts'
import {lineMappings, misrouted} from './mappings.ts'
import {overlayLock} from './overlay.ts'

const root = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root))
const matrix = loadMatrix(read('matrix/mock-device.yaml'), 'matrix/mock-device.yaml').value
const lines = matrix?.kernels?.lines ?? []
const lock = readLock(read(lockPath), lockPath).value

test('the committed lock fits the matrix, its mappings and its own writer', async () => {
  if (!lock) throw new Error('the lock is not readable')
  expect(lockProblems(lock, lines)).toEqual([])
  expect(writeLock(lock)).toBe(read(lockPath).toString())
  const release = {version: '0.2.0', registry: 'registry.test', image: 'module', module: 'module'}
  expect(await misrouted(lineMappings(lines, release), lock)).toEqual([])
})

test('today’s archive has kernels for every line, if not those of the lock', async () => {
  if (!lock) throw new Error('the lock is not readable')
  const overlay = await overlayLock(lock, lines, packageIndex)
  for (const line of lockedLines(lines)) {
    const kernels = overlay.lock.lines[line.id] ?? []
    expect(kernels.length, line.id).toBeGreaterThan(0)
    for (const {kernel, packages} of kernels) {
      expect(
        packages.map(p => p.role),
        kernel,
      ).toEqual(expect.arrayContaining(['headers', 'common', 'kbuild', 'image']))
      expect(kernel).toMatch(new RegExp(line.match))
    }
  }
  expect(overlay.kind === 'committed').toBe(overlay.vanished.length === 0)
})
