import {readFileSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import {isGenerated} from '../mark.ts'
import {codes} from './codes.ts'
import {generateDevice, generateModuleVersion} from './index.ts'
import {deviceFile, loadDevice} from './load.ts'

const text = readFileSync(deviceFile, 'utf8')

function device(yaml = text) {
  const {value, diagnostics} = loadDevice(yaml)
  if (!value) throw new Error(diagnostics.map(d => d.message).join('\n'))
  return value
}

/** The problems after one edit of the real contract; the edit must hit something. */
function problems(from: string | RegExp, to: string) {
  const edited = text.replace(from, to)
  if (edited === text) throw new Error(`${from} is not in ${deviceFile}`)
  return loadDevice(edited).diagnostics.map(d => ({
    ...d,
    line: edited.split('\n')[(d.place?.line ?? 0) - 1]?.trim(),
  }))
}

describe('the contract', () => {
  test('is without problems', () => {
    expect(loadDevice(text).diagnostics).toEqual([])
  })

  test('says MOCK in memory order', () => {
    const magic = device().registers.find(r => r.name === 'DEVICE_ID')?.value ?? 0n
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32LE(Number(magic))
    expect(bytes.toString('ascii')).toBe('MOCK')
  })

  test('keeps the longest passphrase within its buffer', () => {
    const limit = (name: string) => device().limits.find(l => l.name === name)?.value ?? Number.NaN
    const longest = limit('WORDS_MAX') * (limit('WORD_LETTERS_MAX') + 1)
    expect(longest).toBeLessThanOrEqual(
      device().registers.find(r => r.name === 'PASSPHRASE_BUFFER')?.size ?? 0,
    )
  })
})

describe('refused, each at its place', () => {
  test('overlapping registers', () => {
    expect(problems('offset: 0x20\n', 'offset: 0x14\n')).toMatchObject([
      {code: 'V001', message: 'register MEMORY_SIZE overlaps UUID', line: 'offset: 0x14'},
      {code: 'V001', message: 'register LABEL_PTR overlaps MEMORY_SIZE', line: 'offset: 0x18'},
    ])
  })

  test('a register inside a larger one that began long before', () => {
    const inside = '    offset: 0x2f0\n    size: 4\n    access: ro\n    meaning: x\n'
    expect(problems('  - name: LABEL\n', `  - name: INSIDE\n${inside}  - name: LABEL\n`)).toMatchObject([
      {code: 'V001', message: 'register INSIDE overlaps PASSPHRASE_BUFFER'},
    ])
  })

  test('a register outside the BAR, or not aligned', () => {
    expect(problems('offset: 0x300', 'offset: 0xfe0')).toMatchObject([{code: 'V002', line: 'offset: 0xfe0'}])
    expect(problems('offset: 0x300', 'offset: 0x302')).toMatchObject([{code: 'V002', line: 'offset: 0x302'}])
  })

  test('a name or a bit that is given twice', () => {
    expect(problems('- name: REVISION', '- name: DEVICE_ID')).toMatchObject([
      {code: 'V003', line: '- name: DEVICE_ID'},
    ])
    expect(problems('{name: health, bit: 3', '{name: health, bit: 2')).toMatchObject([{code: 'V003'}])
  })

  test('an unknown enumeration, with the one that was meant', () => {
    expect(problems('enum: HEALTH', 'enum: HEALHT')).toMatchObject([
      {code: 'V004', line: 'enum: HEALHT', hint: 'did you mean HEALTH?'},
    ])
  })

  test('an attribute of an unknown register or capability', () => {
    expect(problems('register: MEMORY_SIZE', 'register: MEMORY')).toMatchObject([
      {code: 'V004', line: 'register: MEMORY'},
    ])
    expect(problems('capability: passphrase\n', 'capability: passphrases\n')).toMatchObject([
      {code: 'V004', hint: 'did you mean passphrase?'},
    ])
  })

  test('a value that does not fit', () => {
    expect(problems('value: 0x4b434f4d', 'value: 0x14b434f4d')).toMatchObject([{code: 'V005'}])
    expect(problems('{name: health, bit: 3', '{name: health, bit: 32')).toMatchObject([{code: 'V005'}])
  })

  test('a number that is none', () => {
    expect(problems('offset: 0x34', 'offset: 34h')).toMatchObject([{line: 'offset: 34h'}])
  })

  test('with a code that can be explained', () => {
    for (const code of ['V001', 'V002', 'V003', 'V004', 'V005']) expect(codes[code]?.text).toMatch(/\.$/)
  })
})

describe('what is generated', () => {
  const files = generateDevice(device())

  test('is what the tree holds', () => {
    for (const file of files) expect(readFileSync(file.path, 'utf8')).toBe(file.text)
  })

  test('says so in its first line', () => {
    for (const file of [...files, ...generateModuleVersion('1.2.3')])
      expect(isGenerated(file.text)).toBe(true)
  })

  test('carries a change of the contract into all of them', () => {
    const changed = generateDevice(device(text.replace('offset: 0x34\n', 'offset: 0x38\n')))
    expect(changed.map((file, i) => file.text !== files[i]?.text)).toEqual([true, true, true, true])
    expect(changed[0]?.text).toMatch(/#define MOCK_ACCEL_REG_HEALTH\t+0x038\n/)
    expect(changed[1]?.text).toMatch(/HEALTH: \{\n {4}offset: 0x038,/)
    expect(changed[2]?.text).toContain('| `0x038` | HEALTH |')
    expect(changed[3]?.text).toMatch(/^\| `health` \| 0444 \| .* HEALTH \(`0x038`\) \|$/m)
  })

  test('gives the TypeScript constants the values of the contract', async () => {
    const made = await import('#lib/generated/device.ts')
    expect(made.registers.MEMORY_SIZE).toEqual({offset: 0x20, size: 8, access: 'ro', default: 16n << 30n})
    expect(made.pci).toMatchObject({vendor: 0x1de5, device: {pf: 1, vf: 2}})
    expect(made.dra.deviceClasses['numa-aware-vf']).toMatch(/deviceType == "vf" && "numaNode" in/)
  })

  test('keeps the kernel code to lines of 100 columns', () => {
    for (const line of files[0]?.text.split('\n') ?? [])
      expect(line.replaceAll('\t', ' '.repeat(8)).length).toBeLessThanOrEqual(100)
  })

  test('names the release version for the module and for DKMS', () => {
    const [mk, dkms] = generateModuleVersion('1.2.3-rc.1')
    expect(mk?.text).toContain('MOCK_ACCEL_VERSION ?= 1.2.3-rc.1\n')
    expect(dkms?.text).toContain('PACKAGE_VERSION="1.2.3-rc.1"\n')
  })
})
