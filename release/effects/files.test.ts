import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {collect} from '../lib/bytes.ts'
import type {Files} from '../lib/effects.ts'
import {faultyFiles, Killed} from './faulty.ts'
import {realFiles} from './files.ts'
import {memoryFiles} from './memory-files.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'files-'))
})
afterEach(() => rmSync(dir, {recursive: true, force: true}))

/** What a stage may count on, of every kind of file tree. */
describe.each<[string, () => Files]>([
  ['real', () => realFiles()],
  ['real, not durable', () => realFiles({durable: false})],
  ['memory', () => memoryFiles()],
])('%s files', (_, make) => {
  it('write, read, list, move, link and remove', async () => {
    const files = make()
    const at = (p: string) => join(dir, p)
    await files.write(at('a/b'), Buffer.from('one'))
    await files.write(
      at('a/c'),
      (async function* () {
        yield Buffer.from('tw')
        yield Buffer.from('o')
      })(),
    )
    expect(await files.list(at('a'))).toEqual(['b', 'c'])
    expect(await files.stat(at('a'))).toMatchObject({kind: 'dir'})
    expect(await files.stat(at('a/b'))).toMatchObject({kind: 'file', size: 3, mode: 0o644})
    expect(await files.stat(at('a/b/x'))).toBeUndefined()
    expect((await collect(files.stream(at('a/c'), 1))).toString()).toBe('wo')
    await files.link(at('a/b'), at('l/b'))
    await files.link(at('a/c'), at('l/b'))
    expect((await files.read(at('l/b'))).toString()).toBe('two')
    await files.link(at('a/c'), at('l/b'))
    expect(await files.list(at('l'))).toEqual(['b'])
    await files.rename(at('a/b'), at('a/z'))
    expect(await files.list(at('a'))).toEqual(['c', 'z'])
    await files.remove(at('a'))
    await files.remove(at('a'))
    expect(await files.list(at('a'))).toEqual([])
    await expect(files.read(at('a/b'))).rejects.toThrow(/E003/)
    await expect(collect(files.stream(at('a/b')))).rejects.toThrow(/E003/)
  })

  it('keep the old bytes when a write breaks off', async () => {
    const files = make()
    await files.write(join(dir, 'f'), Buffer.from('old'))
    const breaking = async function* () {
      yield Buffer.from('new but')
      throw new Error('broke off')
    }
    await expect(files.write(join(dir, 'f'), breaking())).rejects.toThrow('broke off')
    expect((await files.read(join(dir, 'f'))).toString()).toBe('old')
    expect(await files.list(dir)).toEqual(['f'])
  })
})

describe('real files', () => {
  it('have the asked mode under any umask', async () => {
    const before = process.umask(0o077)
    try {
      await realFiles().write(join(dir, 'f'), Buffer.from(''), {mode: 0o755})
      expect(statSync(join(dir, 'f')).mode & 0o777).toBe(0o755)
    } finally {
      process.umask(before)
    }
  })

  it('sweep what dead writers left, and nothing else', async () => {
    const dead = 2 ** 22 + 5
    for (const name of [`.tmp-${dead}-1-x`, `.tmp-${process.pid}-999-x`, '.tmp-1-1-x', 'keep', '.tmp-word'])
      writeFileSync(join(dir, name), '')
    await realFiles().sweep(dir)
    expect(readdirSync(dir).sort()).toEqual(['.tmp-1-1-x', '.tmp-word', 'keep'])
  })

  it('replace a file, not the other names of its bytes', async () => {
    writeFileSync(join(dir, 'a'), 'old')
    linkSync(join(dir, 'a'), join(dir, 'b'))
    await realFiles().write(join(dir, 'a'), Buffer.from('new'))
    expect(readFileSync(join(dir, 'b'), 'utf8')).toBe('old')
  })

  it('say in words that the disk is full or a folder is in the way', async () => {
    await expect(realFiles().write('/dev/full/x', Buffer.from('x'))).rejects.toThrow(/E00/)
    mkdirSync(join(dir, 'd'))
    chmodSync(join(dir, 'd'), 0o755)
    await expect(realFiles().write(join(dir, 'd'), Buffer.from('x'))).rejects.toThrow(/E004/)
    expect(readdirSync(dir)).toEqual(['d'])
  })
})

describe('faulty files', () => {
  it('fail at one call, or at it and all later ones when killed', async () => {
    const disk = faultyFiles(memoryFiles(), {failAt: 2, error: 'ENOSPC'})
    await disk.write('/a', Buffer.from('1'))
    await expect(disk.write('/b', Buffer.from('2'))).rejects.toThrow(/E001.*full/)
    await disk.write('/c', Buffer.from('3'))
    expect(disk.calls).toEqual(['write /a', 'write /b', 'write /c'])
    const process = faultyFiles(memoryFiles(), {failAt: 1, error: 'kill'})
    for (let i = 0; i < 3; i++) await expect(process.stat('/a')).rejects.toThrow(Killed)
  })
})
