import {expect, test} from 'vitest'
import {type Diagnostic, DiagnosticError} from '#lib/diagnostics.ts'
import {codes} from '../../codes.ts'
import {socketsIn} from '../server.ts'
import {loadTopology} from './load.ts'
import {qemuArgs, shellText} from './qemu-args.ts'

const head = 'apiVersion: mock-accel/v1\nkind: Topology\n'
const load = (text: string) => loadTopology(head + text, 't.yaml')
const problems = (text: string): readonly Diagnostic[] => {
  try {
    load(text)
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics
    throw error
  }
  return []
}

test('what a file leaves out is filled in', () => {
  const topology = load(
    'numa: [{id: 0}, {id: 3, memory: 1Gi, cpus: 2}]\ndevices: [{numa: 3, vfs: 2}, {numa: 3}, {}]',
  )
  expect(topology).toMatchObject({node: 'node1', sriov: 'qemu', memory: 1280n << 20n, cpus: 3})
  expect(topology.pfs.map(pf => [pf.name, pf.identity.label, pf.vfs, pf.memory])).toEqual([
    ['pf0', 'NODE1-NUMA3-PF0', 2, 16n << 30n],
    ['pf1', 'NODE1-NUMA3-PF1', 0, 16n << 30n],
    ['pf2', 'NODE1-PF0', 0, 16n << 30n],
  ])
})

test('a label of its own, and a UUID with or without it', () => {
  const uuid = '0123abcd-4567-89ab-cdef-0123456789ab'
  const {pfs} = load(
    `node: rack7\ndevices: [{label: A}, {uuid: ${uuid}}, {uuid: ${uuid.replace('0', '1')}, label: B}]`,
  )
  expect(pfs.map(pf => [pf.identity.label, pf.identity.uuid.toString('hex').slice(0, 8)])).toEqual([
    ['A', expect.any(String)],
    ['RACK7-PF1', '0123abcd'],
    ['B', '1123abcd'],
  ])
})

test.each([
  ['numa: [{id: 0}, {id: 0}]\ndevices: [{}]', 'U020', 3, 22],
  ['memory: 1Gi\nnuma: [{id: 0}]\ndevices: [{}]', 'U021', 3, 9],
  ['devices: [{name: a}, {name: a}]', 'U022', 3, 29],
  ['devices: [{name: a, vfs: 1}, {name: a-vf0}]', 'U022', 3, 37],
  ['devices: [{name: a-vf0}, {name: a, vfs: 1}]', 'U022', 3, 33],
  ['devices: [{label: A}, {label: A}]', 'U023', 3, 31],
  ['devices: [{numa: 1}]', 'U024', 3, 18],
  ['devices: [{vfs: 8}]', 'U025', 3, 17],
  ['devices: [{memory: 2Mi, vfs: 2}]', 'U026', 3, 20],
  [`numa: [{id: 0}]\ndevices: [${Array(33).fill('{numa: 0}').join(', ')}]`, 'U027', 3, 8],
  [`devices: [{label: ${'a'.repeat(61)}, vfs: 1}]`, 'U028', 3, 19],
  ['devices: [{vfs: 17}]', 'M005', 3, 17],
  ['devices: [{memory: 16G}]', 'M005', 3, 20],
  ['memory: 1000\ndevices: [{}]', 'M005', 3, 9],
  ['devices: [{vsf: 2}]', 'M002', 3, 12],
  ['devices: []', 'M006', 3, 10],
  ['sriov: qmeu\ndevices: [{}]', 'M004', 3, 8],
  ['iommu: amd\ndevices: [{}]', 'M004', 3, 8],
  ['numa: [{}]\ndevices: [{}]', 'M003', 3, 8],
  ['devices: [{}', 'Y003', 3, 13],
])('%s is %s at its place', (text, code, line, col) => {
  const found = problems(text)
  expect(found.map(one => one.code)).toEqual([code])
  expect(found[0]?.place).toMatchObject({file: 't.yaml', line, col})
  if (code.startsWith('U')) expect(codes[code]?.text).toMatch(/\.$/)
})

test('every problem at once', () => {
  const found = problems('numa: [{id: 0}, {id: 0}]\ndevices: [{numa: 9, vfs: 8}, {name: pf0}]')
  expect(found.map(one => one.code)).toEqual(['U020', 'U024', 'U025', 'U022'])
})

test('QEMU gets NUMA nodes, a bus for each, a port for each PF, and VFs before their PF', () => {
  const text =
    'numa: [{id: 0, cpus: 2}, {id: 1, cpus: 2}]\ndevices: [{numa: 1, vfs: 1}, {numa: 1}, {numa: 0}, {}]'
  const args = qemuArgs(load(text), socketsIn('/s'))
  const device = (port: string, addr: string, name: string, more = '') =>
    `{"driver":"vfio-user-pci","bus":"${port}","addr":"${addr}",${more}"rombar":0,"socket":{"type":"unix","path":"/s/${name}.sock"}}`
  expect(args.filter(word => !/^-/.test(word))).toEqual([
    'q35',
    '4,sockets=2',
    '512M',
    'memory-backend-memfd,id=m0,size=268435456,share=on',
    'node,nodeid=0,cpus=0-1,memdev=m0',
    'memory-backend-memfd,id=m1,size=268435456,share=on',
    'node,nodeid=1,cpus=2-3,memdev=m1',
    'pxb-pcie,id=pxb0,bus_nr=32,bus=pcie.0,numa_node=0',
    'pxb-pcie,id=pxb1,bus_nr=34,bus=pcie.0,numa_node=1',
    'pcie-root-port,id=rp3,bus=pcie.0,chassis=4,slot=3,io-reserve=0',
    device('rp3', '0.0', 'pf3'),
    'pcie-root-port,id=rp2,bus=pxb0,chassis=3,slot=2,io-reserve=0',
    device('rp2', '0.0', 'pf2'),
    'pcie-root-port,id=rp0,bus=pxb1,chassis=1,slot=0,io-reserve=0',
    device('rp0', '0.1', 'pf0-vf0'),
    device('rp0', '0.0', 'pf0', '"multifunction":true,'),
    'pcie-root-port,id=rp1,bus=pxb1,chassis=2,slot=1,io-reserve=0',
    device('rp1', '0.0', 'pf1'),
  ])
})

test('an IOMMU stands before all that it translates for', () => {
  for (const text of ['devices: [{vfs: 1}]', 'numa: [{id: 0}]\ndevices: [{numa: 0}]']) {
    const args = qemuArgs(load(`iommu: intel\n${text}`), socketsIn('/s'))
    expect(args[args.indexOf('-device') + 1]).toBe('intel-iommu,intremap=on,caching-mode=on')
    expect(args).toContain('kernel-irqchip=split')
    expect(qemuArgs(load(text), socketsIn('/s')).join(' ')).not.toContain('iommu')
  }
})

test('without NUMA the machine has one memory; a shell reads the arguments as they are', () => {
  const args = qemuArgs(load('memory: 1Gi\ncpus: 3\ndevices: [{}]'), socketsIn("/it's here"))
  expect(args.slice(0, 8)).toEqual([
    ...['-machine', 'q35,memory-backend=m0', '-smp', '3', '-m', '1024M'],
    ...['-object', 'memory-backend-memfd,id=m0,size=1073741824,share=on'],
  ])
  expect(shellText(args)).toContain(`"path":"/it'\\''s here/pf0.sock"}}'\n`)
  expect(shellText(args)).toMatch(/^-machine q35,memory-backend=m0 \\\n-smp 3 \\\n-m 1024M \\\n/)
})
