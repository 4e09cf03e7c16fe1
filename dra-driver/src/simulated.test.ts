import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {invent, parseTopology, simulatedSource} from './simulated.ts'

const head = 'apiVersion: mock-accel/v1\nkind: Topology\n'
const text = `${head}numa: [{id: 0}, {id: 1, memory: 512Mi}]
devices:
  - {numa: 0, vfs: 3}
  - {numa: 1, label: GIVEN, memory: 8Gi}
  - {uuid: 12345678-1234-5234-8234-123456789ABC}
`
const codes = (topology: string) => {
  try {
    parseTopology(topology, 'topology.yaml')
    return []
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    return error.diagnostics.map(one => `${one.code}:${one.place?.line}`)
  }
}

describe('invented devices', () => {
  const devices = invent(parseTopology(text, 'topology.yaml'), 'node1')

  test('are those of the file, VFs after their PF', () => {
    expect(devices.map(one => [one.name, one.label, one.numaNode, one.memory >> 20n, one.physfn])).toEqual([
      ['mock0', 'NODE1-NUMA0-PF0', 0, 16384n, undefined],
      ['mock0v0', 'NODE1-NUMA0-PF0-VF0', 0, 4096n, 'mock0'],
      ['mock0v1', 'NODE1-NUMA0-PF0-VF1', 0, 4096n, 'mock0'],
      ['mock0v2', 'NODE1-NUMA0-PF0-VF2', 0, 4096n, 'mock0'],
      ['mock1', 'GIVEN', 1, 8192n, undefined],
      ['mock2', 'NODE1-PF0', undefined, 16384n, undefined],
    ])
    expect(devices.at(-1)?.uuid).toBe('12345678-1234-5234-8234-123456789abc')
  })

  test('have addresses and UUIDs of their own, the same each time, others on another node', () => {
    expect(new Set(devices.map(one => one.uuid)).size).toBe(devices.length)
    expect(new Set(devices.map(one => one.pciAddress)).size).toBe(devices.length)
    expect(invent(parseTopology(text, 'x'), 'node1')).toEqual(devices)
    expect(invent(parseTopology(text, 'x'), 'node2')[0]?.uuid).not.toBe(devices[0]?.uuid)
  })

  test('come and go with the file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'topology-'))
    const file = join(folder, 't.yaml')
    writeFileSync(file, text)
    const source = simulatedSource(file, 'node1')
    expect(await source.scan()).toEqual(devices)
    expect(['mock1', 'mock9'].map(source.isSame)).toEqual([true, false])
    writeFileSync(file, `${head}devices: []\n`)
    expect(await source.scan()).toEqual([])
    rmSync(folder, {recursive: true})
    await expect(source.check()).rejects.toThrow('N030')
  })

  test('a wrong file is refused with the place of each mistake', () => {
    expect(codes(text)).toEqual([])
    expect(codes(text.replace('numa: 1, label', 'numa: 2, label'))).toEqual(['N031:6'])
    expect(codes(text.replace('vfs: 3', 'vfs: 17, colour: red'))).toHaveLength(2)
    expect(codes('kind: [')).toHaveLength(1)
  })
})
