import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {parse} from 'yaml'
import {nodeScript} from '../live/node.ts'
import {lockstep} from './testing.ts'

const root = join(import.meta.dirname, '../..')
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'doctor-'))
})
afterEach(() => rmSync(folder, {recursive: true}))

const facts = `facts 1
kernel 6.12.107+deb13-amd64
selinux enforcing
runtime containerd containerd v2.3.1
modules read
module mock_accel
device mock0
folder .
folder plugins
folder plugins_registry
socket mock-accel.example.com-reg.sock
end
`

test('a node’s facts are judged, wherever they come from', async () => {
  const file = join(folder, 'facts.log')
  writeFileSync(file, facts)
  const good = await lockstep(root, 'doctor', 'node', '--facts', file)
  expect([good.code, good.out]).toEqual([0, expect.stringContaining('nothing is wrong')])
  writeFileSync(file, facts.replace('enforcing', 'permissive'))
  const {code, out} = await lockstep(root, 'doctor', 'node', '--facts', file, '-o', 'json')
  expect([code, JSON.parse(out).findings]).toMatchObject([1, [{code: 'Z120', level: 'warning'}]])
  writeFileSync(file, 'no such pod')
  expect((await lockstep(root, 'doctor', 'node', '--facts', file)).code).toBe(2)
})

test('a Job carries the same script, for one node, and may only read', async () => {
  const {code, out} = await lockstep(
    root,
    'doctor',
    'node',
    '--job',
    'node1',
    '--image',
    'registry.test/sh:1',
  )
  const {spec} = parse(out).spec.template
  expect([code, spec.nodeName, spec.containers[0].image]).toEqual([0, 'node1', 'registry.test/sh:1'])
  expect(spec.containers[0].command).toEqual(['sh', '-c', nodeScript])
  expect(spec.containers[0].volumeMounts).toEqual([{name: 'host', mountPath: '/host', readOnly: true}])
})

test('facts come from one place', async () => {
  const {code, err} = await lockstep(root, 'doctor', 'node', '--job', 'a', '--ssh', 'b')
  expect([code, err]).toEqual([2, expect.stringContaining('name one of --ssh and --job')])
})

test('a cluster is asked for where one is named; no cluster is misuse', async () => {
  for (const words of [
    ['doctor', 'cluster'],
    ['doctor', '--aws'],
    ['doctor', '--kubeconfig', join(folder, 'none')],
  ])
    expect(await lockstep(root, ...words)).toMatchObject({code: 2, err: expect.stringContaining('E060')})
})
