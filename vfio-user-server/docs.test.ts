import {execFileSync} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {answerLine, faultKinds} from './src/control.ts'
import {plainTransport} from './src/plain-transport.ts'
import {command} from './src/protocol.ts'
import {Server} from './src/server.ts'
import {loadTopology} from './src/topology/load.ts'

const page = readFileSync(join(import.meta.dirname, '../docs/reference/mock-accel-server.md'), 'utf8')
const blocks = (kind: string) =>
  [...page.matchAll(/```([^\n]+)\n([\s\S]*?)\n```/g)].filter(one => one[1] === kind).map(one => one[2] ?? '')

test.each(['main', 'ctl'])('the page has the help of %s as it is', name => {
  const help = execFileSync(process.execPath, [join(import.meta.dirname, 'src', `${name}.ts`), '--help'])
  expect(blocks(`help ${name}`)).toEqual([help.toString().trimEnd()])
})

test('its topologies are good, and its requests are answered', () => {
  const [first, ...others] = blocks('yaml topology').map(text => loadTopology(text, 'example.yaml'))
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
