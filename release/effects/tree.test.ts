import {execFileSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import {chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {realExec} from './exec.ts'
import {readTree, withGenerated} from './tree.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tree-'))
  mkdirSync(join(root, 'a/b'), {recursive: true})
  mkdirSync(join(root, 'node_modules'))
  writeFileSync(join(root, 'a/b/file'), 'one\n')
  writeFileSync(join(root, 'a.txt'), 'two\n')
  writeFileSync(join(root, 'run'), '#!/bin/sh\n')
  chmodSync(join(root, 'run'), 0o700)
  symlinkSync('a/b/file', join(root, 'link'))
  writeFileSync(join(root, 'é'), '')
  writeFileSync(join(root, 'node_modules/x'), '')
})
afterEach(() => rmSync(root, {recursive: true}))

const git = (...args: string[]) =>
  execFileSync('git', ['-C', root, '-c', 'user.name=t', '-c', 'user.email=t@t', ...args])
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

test('without git: everything but folders that are never source, bytewise, with modes and links', async () => {
  const tree = await readTree(root, realExec)
  expect(tree.files).toEqual([
    {path: 'a.txt', mode: '0644', digest: sha256('two\n')},
    {path: 'a/b/file', mode: '0644', digest: sha256('one\n')},
    {path: 'link', mode: 'link', digest: sha256('a/b/file')},
    {path: 'run', mode: '0755', digest: sha256('#!/bin/sh\n')},
    {path: 'é', mode: '0644', digest: sha256('')},
  ])
  expect(tree.bytes.get('link')?.toString()).toBe('a/b/file')
  expect(tree.bytes.get('a.txt')?.toString()).toBe('two\n')
})

test('with git: tracked and new files; not ignored ones, nor those that were deleted', async () => {
  git('init', '-q')
  writeFileSync(join(root, '.gitignore'), '*.o\nnode_modules\n')
  writeFileSync(join(root, 'x.o'), '')
  git('add', '-A')
  rmSync(join(root, 'a.txt'))
  writeFileSync(join(root, 'new'), '')
  const tree = await readTree(root, realExec)
  expect(tree.files.map(f => f.path)).toEqual(['.gitignore', 'a/b/file', 'link', 'new', 'run', 'é'])
})

test('a machine without git, and one where it fails, are walked', async () => {
  git('init', '-q')
  const none = {run: () => Promise.reject(new Error('no git'))}
  expect((await readTree(root, none)).files.map(f => f.path)).toContain('a/b/file')
})

test('generated files stand in the tree as they would be written', async () => {
  const tree = await readTree(root, realExec)
  const {files, bytes} = withGenerated(tree, [
    {path: 'run', text: 'new'},
    {path: 'b', text: 'b'},
  ])
  expect(files.map(f => f.path)).toEqual(['a.txt', 'a/b/file', 'b', 'link', 'run', 'é'])
  expect(files.find(f => f.path === 'run')).toEqual({path: 'run', mode: '0755', digest: sha256('new')})
  expect(files.find(f => f.path === 'b')).toEqual({path: 'b', mode: '0644', digest: sha256('b')})
  expect(bytes.get('run')?.toString()).toBe('new')
  expect(tree.bytes.get('run')?.toString()).toBe('#!/bin/sh\n')
})
