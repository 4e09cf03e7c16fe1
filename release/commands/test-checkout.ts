import {execFileSync} from 'node:child_process'
import {readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {readLock, writeLock} from '../kernels/lock.ts'
import {copyOfCheckout} from './testing.ts'

/** A checkout with one kernel, a module of one file and no programs: what is built in the least time. */
export async function smallCheckout(): Promise<{root: string; remove: () => void}> {
  const copy = await copyOfCheckout()
  const edit = (file: string, from: RegExp, to: string) => {
    const path = join(copy.root, file)
    const before = readFileSync(path, 'utf8')
    if (!from.test(before)) throw new Error(`${file} has no ${from}`)
    writeFileSync(path, before.replace(from, to))
  }
  keepOneKernel(join(copy.root, 'matrix/kernels.lock.yaml'))
  edit(
    'matrix/mock-device.yaml',
    /^ {2}components: \[kernel-driver, .*\]$/m,
    '  components: [kernel-driver, chart, manifests]',
  )
  edit('components/kernel-driver.yaml', /^ {4}sources: \[.*\]$/m, '    sources: [Kbuild, mock-accel.c]')
  writeFileSync(
    join(copy.root, 'kernel-driver/Kbuild'),
    'obj-m := mock-accel.o\nccflags-y += -DVERSION=\\"$(MOCK_ACCEL_VERSION)\\"\n',
  )
  writeFileSync(
    join(copy.root, 'kernel-driver/mock-accel.c'),
    '#include <linux/module.h>\nMODULE_DESCRIPTION("nothing");\nMODULE_LICENSE("GPL");\nMODULE_VERSION(VERSION);\n',
  )
  return copy
}

function keepOneKernel(path: string): void {
  const lock = readLock(readFileSync(path, 'utf8'), path).value
  const [first] = lock?.lines['debian-13-amd64'] ?? []
  if (!lock || !first) throw new Error('the lock has no kernel of debian-13-amd64')
  const lines = Object.fromEntries(
    Object.keys(lock.lines).map(id => [id, id === 'debian-13-amd64' ? [first] : []]),
  )
  writeFileSync(path, writeLock({...lock, lines}))
}

/** Runs Git as nobody in particular; its standard output. */
export function git(root: string, ...args: string[]): string {
  const who = ['-c', 'user.name=nobody', '-c', 'user.email=nobody@example.com', '-c', 'commit.gpgsign=false']
  return execFileSync('git', [...who, ...args], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}
