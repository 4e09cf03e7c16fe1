import {createHash} from 'node:crypto'
import {copyFile, mkdtemp, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {openToolbox} from '#testbed/toolbox/toolbox.ts'
import {type AddonArch, compileCommand} from './compile.ts'

const here = import.meta.dirname
const headers = join(here, '../../node_modules', `node-linux-${process.arch}`, 'include/node')

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'addon-'))
})
afterAll(() => rm(folder, {recursive: true, force: true}))

/** Compiles with the sources shown at `sources` within the root. */
async function compile(arch: AddonArch, name: string, sources = '/build/native'): Promise<Buffer> {
  const toolbox = await openToolbox()
  const done = await toolbox.run(
    compileCommand(arch, {sources, headers: '/build/headers', output: `/build/out/${name}`}),
    {
      binds: [
        {from: here, to: sources, readonly: true},
        {from: headers, to: '/build/headers', readonly: true},
        {from: folder, to: '/build/out'},
      ],
    },
  )
  expect({code: done.code, stderr: done.stderr.toString()}).toEqual({code: 0, stderr: ''})
  return readFile(join(folder, name))
}

const machineOf = (elf: Buffer) => elf.readUInt16LE(18)
const digestOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

test.each([
  ['amd64', 62],
  ['arm64', 183],
] as const)('the addon for %s is compiled without a warning, and twice the same', async (arch, machine) => {
  const first = await compile(arch, `${arch}-1.node`)
  const second = await compile(arch, `${arch}-2.node`, '/build/elsewhere')
  expect(machineOf(first)).toBe(machine)
  expect(digestOf(second)).toBe(digestOf(first))
})

test('the one for this machine serves, lying beside a script', async () => {
  const own = process.arch === 'x64' ? 'amd64' : 'arm64'
  await compile(own, 'mock_accel.node')
  await copyFile(join(here, 'load.ts'), join(folder, 'load.ts'))
  const {loadAddon} = await import(join(folder, 'load.ts'))
  const addon = await loadAddon('mock_accel')
  expect(() => addon.closeListener(1)).toThrow('start() comes first')
})
