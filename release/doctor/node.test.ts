import {execFileSync} from 'node:child_process'
import {chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {createServer} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {type NodeReport, nodeScript, parseNodeFacts} from '../live/node.ts'
import {judgeNode} from './node.ts'

const good: NodeReport = {
  kernel: '6.12.107+deb13-amd64',
  selinux: 'enforcing',
  runtimes: [{name: 'containerd', version: '2.1.9'}],
  configuration: [],
  modules: ['read', 'mock_accel'],
  devices: ['mock0'],
  folders: ['.', 'plugins', 'plugins_registry'],
  sockets: ['mock-accel.example.com-0a1b-reg.sock'],
  cdiFolders: ['/var/run/cdi'],
}
const codes = (more: Partial<NodeReport>) => judgeNode({...good, ...more}).map(f => `${f.code} ${f.about}`)

test('a good node has nothing wrong', () => {
  expect(codes({})).toEqual([])
  expect(codes({selinux: 'absent', runtimes: [{name: 'crio', version: undefined}]})).toEqual([])
})

test('CDI is off by default before containerd 2, and unknown when the version is', () => {
  const old = [{name: 'containerd', version: '1.7.28'}]
  expect(codes({runtimes: old})).toEqual(['Z121 containerd 1.7.28'])
  expect(codes({runtimes: old, configuration: ['enable_cdi = true']})).toEqual([])
  expect(codes({configuration: ['enable_cdi = true', 'enable_cdi = false']})).toEqual(['Z121 containerd'])
  expect(codes({runtimes: [{name: 'containerd', version: undefined}]})).toEqual(['Z126 CDI in containerd'])
})

test('what is missing, and what was not told', () => {
  expect(codes({selinux: 'permissive', devices: []})).toEqual(['Z123 mock_accel', 'Z120 SELinux'])
  expect(codes({devices: [], modules: ['read'], sockets: ['other-reg.sock']})).toEqual([
    'Z122 mock_accel',
    'Z125 mock-accel.example.com',
  ])
  expect(codes({folders: ['.', 'plugins']})).toEqual(['Z124 kubelet'])
  expect(codes({selinux: undefined, runtimes: [], devices: [], modules: []})).toEqual([
    'Z126 CDI',
    'Z126 SELinux',
    'Z126 mock_accel',
  ])
})

test('the script tells all of it from a root folder, and no secret', async () => {
  const root = mkdtempSync(join(tmpdir(), 'node-'))
  const put = (path: string, text = '') => {
    mkdirSync(join(root, path, '..'), {recursive: true})
    writeFileSync(join(root, path), text)
  }
  put('sys/fs/selinux/enforce', '0')
  put('etc/containerd/config.toml', 'version = 3\n  password = "hunter2"\n    enable_cdi = true\n')
  put('proc/modules', 'vfio 1 0 - Live\nmock_accel 16384 0 - Live 0x0\n')
  put('sys/class/mock-accel/mock0')
  put('usr/bin/containerd', '#!/bin/sh\necho containerd github.com/containerd v1.7.28 abc\n')
  chmodSync(join(root, 'usr/bin/containerd'), 0o755)
  const sockets = ['run/containerd/containerd.sock', 'k/plugins_registry/mock-accel.example.com-reg.sock']
  const servers = await Promise.all(
    sockets.map(path => {
      mkdirSync(join(root, path, '..'), {recursive: true})
      const server = createServer()
      return new Promise<typeof server>(done => server.listen(join(root, path), () => done(server)))
    }),
  )
  mkdirSync(join(root, 'k/plugins'))
  try {
    const env = {PATH: process.env.PATH, ROOT: root, KUBELET_ROOT: '/k'}
    const told = execFileSync('sh', ['-s'], {input: nodeScript, env}).toString()
    expect(told).not.toContain('hunter2')
    const {kernel, ...facts} = parseNodeFacts(told, 'script')
    expect(kernel).toMatch(/^\d/)
    expect(facts).toEqual({
      selinux: 'permissive',
      runtimes: [{name: 'containerd', version: '1.7.28'}],
      configuration: ['enable_cdi = true'],
      modules: ['read', 'mock_accel'],
      devices: ['mock0'],
      folders: ['.', 'plugins', 'plugins_registry'],
      sockets: ['mock-accel.example.com-reg.sock'],
      cdiFolders: [],
    })
  } finally {
    for (const server of servers) server.close()
    rmSync(root, {recursive: true})
  }
})
