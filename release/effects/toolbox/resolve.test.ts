import {expect, test} from 'vitest'
import {readLock, readWishes, type Wishes, writeLock} from './lock.ts'
import {parseRelations, resolveToolbox} from './resolve.ts'
import type {PackageRecord} from './types.ts'

const record = (name: string, more: Partial<PackageRecord> = {}): PackageRecord => ({
  name,
  version: '1',
  architecture: 'amd64',
  source: name,
  sourceVersion: '1',
  filename: `pool/main/${name}.deb`,
  size: 1,
  sha256: '0'.repeat(64),
  suite: 'stable',
  depends: '',
  preDepends: '',
  provides: '',
  ...more,
})
const wishes = (...packages: string[]): Wishes => ({
  apiVersion: 'lockstep/toolbox/v1',
  architecture: 'amd64',
  suite: 'stable',
  newer: {suite: 'newer', sources: ['qemu']},
  packages,
})
const names = (lock: {packages: {name: string; suite: string}[]}) =>
  lock.packages.map(p => `${p.name}/${p.suite}`)

test('relations: alternatives, bounds, qualifiers', () => {
  expect(parseRelations('a (>= 1), b:any | c [amd64], ')).toEqual([['a'], ['b', 'c']])
  expect(parseRelations('')).toEqual([])
})

test('follows dependencies; alternatives and provided names; newer sources only where told', () => {
  const stable = [
    record('qemu-system', {source: 'qemu', depends: 'libc'}),
    record('libc', {preDepends: 'base'}),
    record('base'),
    record('mta-a', {provides: 'mail-agent (= 1)'}),
    record('tool', {depends: 'absent | libc, mail-agent'}),
  ]
  const newer = [
    record('qemu-system', {source: 'qemu', suite: 'newer', depends: 'libc, roms'}),
    record('roms', {source: 'qemu', suite: 'newer'}),
    record('libc', {suite: 'newer'}),
  ]
  const lock = resolveToolbox(wishes('tool', 'qemu-system'), stable, newer)
  expect(names(lock)).toEqual([
    'base/stable',
    'libc/stable',
    'mta-a/stable',
    'qemu-system/newer',
    'roms/newer',
    'tool/stable',
  ])
})

test('names every package that is nowhere', () => {
  const stable = [record('a', {depends: 'gone | away'})]
  expect(() => resolveToolbox(wishes('a', 'b'), stable, [])).toThrow(/b[\s\S]*gone \| away/)
})

test('a lock reads back as it was written, and says where it is wrong', () => {
  const lock = resolveToolbox(wishes('a'), [record('a', {version: '2:1.0~rc1+b1'})], [])
  const text = writeLock(lock)
  expect(readLock(Buffer.from(text), 'lock')).toEqual(lock)
  const bent = Buffer.from(text.replace('pool/main/a.deb', '../../a.deb'))
  expect(() => readLock(bent, 'lock')).toThrow(/filename/)
  expect(() => readWishes(Buffer.from('apiVersion: x\n'), 'wishes')).toThrow(/apiVersion/)
})
