import {createHash} from 'node:crypto'
import {createReadStream, existsSync, readFileSync} from 'node:fs'
import {pipeline} from 'node:stream/promises'
import {expect, test} from 'vitest'
import {lockedNpmPackages} from '../plan/npm-lock.ts'
import {nodePackage} from '../plan/program.ts'
import {checkNode, officialNode, officialNodes} from './node-lock.ts'

const locked = lockedNpmPackages(readFileSync('package-lock.json'))

test('the Node of both architectures that package-lock.json names is recorded', () => {
  for (const arch of ['amd64', 'arm64'] as const) {
    const node = locked.get(nodePackage(arch))
    // A new version needs its two checksums: docs/guides/verify-a-release.md says how.
    expect(node && officialNode(node), `${node?.name} ${node?.version}`).toBeDefined()
  }
})

test('the installed Node is the one that the Node project has published', async () => {
  const installed = officialNodes.filter(n => existsSync(`node_modules/${n.package}/bin/node`))
  expect(installed.length).toBeGreaterThan(0)
  for (const node of installed) {
    const sum = createHash('sha256')
    await pipeline(createReadStream(`node_modules/${node.package}/bin/node`), sum)
    checkNode({name: node.package, version: node.version}, sum.digest('hex'))
  }
})

test('another program under its name is refused; a version that nobody has recorded is not judged', () => {
  const [node] = officialNodes
  if (!node) throw new Error('no Node')
  expect(() => checkNode({name: node.package, version: node.version}, '0'.repeat(64))).toThrow(/X015/)
  expect(() => checkNode({name: node.package, version: '0.0.1'}, '0'.repeat(64))).not.toThrow()
})
