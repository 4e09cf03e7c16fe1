import {execFile} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {deviceFile, loadDevice} from '#release/generate/device/load.ts'
import {attributeMode} from '#release/generate/device/sysfs-page.ts'
import {loadTopology} from '../../vfio-user-server/src/topology/load.ts'
import {examples, shown} from './console.ts'
import {type Machine, startMachine} from './machine.ts'
import {personFiles, standardTopology} from './person.ts'
import {guestProgram} from './program.ts'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/guides/testing-without-hardware.md'), 'utf8')

/** On the host the page only uses mock-accel-ctl. */
async function control(command: string, folder: string): Promise<string> {
  const [program, ...words] = command.split(' ')
  expect(program).toBe('mock-accel-ctl')
  const ctl = join(root, 'vfio-user-server/src/ctl.ts')
  const args = [ctl, '--control', join(folder, 'control.sock'), ...words]
  return (await promisify(execFile)(process.execPath, args)).stdout.trimEnd()
}

/** The C program of the page about the character device, compiled. */
async function exampleProgram(): Promise<string> {
  const reference = readFileSync(join(root, 'docs/reference/character-device.md'), 'utf8')
  const folder = mkdtempSync(join(tmpdir(), 'example-'))
  try {
    const source = join(folder, 'example.c')
    writeFileSync(source, reference.match(/(?<=```c\n)[\s\S]*?(?=```)/)?.[0] ?? '')
    return await guestProgram(source, join(root, 'kernel-driver/include/uapi'))
  } finally {
    rmSync(folder, {recursive: true})
  }
}

let machine: Machine
beforeAll(async () => {
  machine = await startMachine({
    line: 'debian-13-cloud-amd64',
    topology: standardTopology,
    files: {...personFiles({module: true}), 'bin/example': {from: await exampleProgram()}},
  })
})
afterAll(async () => {
  await machine?.stop()
})

/* When this fails QEMU has learned something that the server does not offer. */
test('QEMU was refused nothing', async () => {
  const all = (await machine.server.control('stats')) as Record<string, {requests: number; errors: number}>
  expect(Object.keys(all)).toHaveLength(6)
  for (const [name, {requests, errors}] of Object.entries(all))
    expect({name, errors, asked: requests > 20}).toEqual({name, errors: 0, asked: true})
})

test('sysfs.md: the attributes, their modes, and what a write may fail with', async () => {
  const {value} = loadDevice(readFileSync(deviceFile, 'utf8'))
  const attributes = value?.sysfs.attributes ?? []
  for (const [name, of] of [
    ['mock1', 'pf'],
    ['mock1v0', 'vf'],
  ] as const) {
    const there = await machine.guest.get(
      `cd /sys/class/mock-accel/${name} && stat -c '%n 0%a' $(ls -F | grep -v '[/@]$' | grep -vE '^(dev|uevent)$')`,
    )
    const told = attributes.filter(a => a.of === of || a.of === 'both')
    expect(there.split('\n').sort()).toEqual(told.map(a => `${a.name} ${attributeMode(a)}`).sort())
  }
  const said = async (command: string) =>
    (await machine.guest.run(`cd /sys/class/mock-accel/mock1v1; ${command}`)).output
  for (const write of ['2 > status', '3 > passphrase_length', '2 > passphrase_generate'])
    expect(await said(`echo ${write}`), write).toMatch(/Invalid argument/)
  expect(await said('echo 4294967296 > passphrase_length')).toMatch(/Result not representable|out of range/)
  expect(await said('cat passphrase')).toMatch(/No data available/)
})

test('the pages say what happens', async () => {
  const all = examples(page)
  expect(all.length).toBeGreaterThan(15)
  const {guest, server} = machine
  for (const {where, command, output} of all) {
    const said = where === 'guest' ? (await guest.run(command)).output : await control(command, server.folder)
    // A script says which line of it failed; a shell that somebody types into does not.
    expect(said.replace(/^\/tmp\/\.script: line \d+: /gm, 'sh: '), command).toMatch(shown(output))
  }
  // The page about the character device has a program.
  expect(await guest.get('example /dev/mock0v1')).toMatch(/^([a-z]+-){4}[a-z]+$/)
  expect(await guest.run('example /dev/null')).toMatchObject({code: 1})
})

test('its topology is good', () => {
  const [text = ''] = page.match(/(?<=```yaml topology\n)[\s\S]*?(?=```)/) ?? []
  expect(loadTopology(text, 'rack.yaml').pfs).toHaveLength(4)
})
