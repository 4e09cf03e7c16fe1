import {execFile} from 'node:child_process'
import {cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {basename, join} from 'node:path'
import {promisify} from 'node:util'
import {expect, test} from 'vitest'
import {generateDevice} from '#release/generate/device/index.ts'
import {deviceFile, loadDevice} from '#release/generate/device/load.ts'
import {examples, shown} from './console.ts'
import {applyEdit, pageEdits} from './edits.ts'

/* The edits of docs/guides/extending-the-device.md, made in a copy of the checkout, from the contract to the guest. */

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/guides/extending-the-device.md'), 'utf8')
const rooms = ['components', 'kernel-driver', 'lib', 'matrix', 'release', 'testbed', 'vfio-user-server']

function copyOfCheckout(): string {
  const copy = mkdtempSync(join(tmpdir(), 'extended-'))
  const wanted = (path: string) => basename(path) !== 'node_modules'
  for (const room of [...rooms, 'package.json'])
    cpSync(join(root, room), join(copy, room), {recursive: true, filter: wanted})
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  return copy
}

test('a new register reaches the guest', async () => {
  const copy = copyOfCheckout()
  try {
    for (const edit of pageEdits(page)) {
      const path = join(copy, edit.path)
      writeFileSync(path, applyEdit(readFileSync(path, 'utf8'), edit))
    }
    const {value, diagnostics} = loadDevice(readFileSync(join(copy, deviceFile), 'utf8'))
    expect(diagnostics).toEqual([])
    const files = (value ? generateDevice(value) : []).filter(file => !file.path.startsWith('docs/'))
    expect(files).toHaveLength(2)
    for (const {path, text} of files) writeFileSync(join(copy, path), text)
    const [example] = examples(page)
    const script = /--run '(.*)'$/.exec(example?.command ?? '')?.[1] ?? ''
    const program = [join(copy, 'testbed/guest/main.ts'), '--run', script]
    const {stdout} = await promisify(execFile)(process.execPath, program, {cwd: copy})
    expect(stdout.trim()).toMatch(shown(example?.output ?? ''))
  } finally {
    rmSync(copy, {recursive: true, force: true})
  }
})
