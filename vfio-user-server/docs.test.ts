import {execFileSync} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {answerLine, faultKinds} from './src/control.ts'
import {plainTransport} from './src/plain-transport.ts'
import {command} from './src/protocol.ts'
import {Server} from './src/server.ts'
import {loadTopology} from './src/topology/load.ts'
import {topologySchema} from './src/topology/schema.ts'

const read = (name: string) => readFileSync(join(import.meta.dirname, '../docs/reference', name), 'utf8')
const [page, topologyPage] = [read('mock-accel-server.md'), read('topology.md')]
const blocks = (kind: string, text = page) =>
  [...text.matchAll(/```([^\n]+)\n([\s\S]*?)\n```/g)].filter(one => one[1] === kind).map(one => one[2] ?? '')

test.each(['main', 'ctl'])('the page has the help of %s as it is', name => {
  const help = execFileSync(process.execPath, [join(import.meta.dirname, 'src', `${name}.ts`), '--help'])
  expect(blocks(`help ${name}`)).toEqual([help.toString().trimEnd()])
})

test('the topologies are good, and the requests are answered', () => {
  const [first, ...others] = blocks('yaml topology', topologyPage).map(text =>
    loadTopology(text, 'example.yaml'),
  )
  expect(others).toHaveLength(1)
  const server = new Server(first ?? {sriov: 'off', pfs: []}, {
    transport: plainTransport,
    socketOf: name => name,
  })
  const requests = blocks('json control').flatMap(text => text.split('\n'))
  expect(requests.length).toBeGreaterThan(5)
  for (const [i, line] of requests.entries())
    expect(answerLine(server, line)).toEqual({id: i + 1, result: expect.toSatisfy(() => true)})
})

test('every fault has a row', () => {
  for (const fault of Object.keys(faultKinds)) expect(page).toContain(`| \`${fault}\` |`)
})

test('every command of the protocol has a row', () => {
  const rows = page
    .split('\n')
    .filter(line => line.startsWith('| `'))
    .map(line => line.split(' | ')[0])
  for (const name of Object.keys(command))
    expect(
      rows.filter(row => row?.includes(`\`${name}\``)),
      name,
    ).toHaveLength(1)
})

test('every field of a topology has a row, in the order of the schema', () => {
  const {numa, devices, ...machine} = topologySchema.shape
  const rows = [...topologyPage.matchAll(/^\| `([^`]+)` \|/gm)].map(match => match[1])
  const below = (name: string, shape: object) => [name, ...Object.keys(shape).map(key => `${name}[].${key}`)]
  const fields = [
    ...Object.keys(machine),
    ...below('numa', numa.unwrap().element.shape),
    ...below('devices', devices.element.shape),
  ]
  expect(rows).toEqual(fields)
})
