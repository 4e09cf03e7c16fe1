import {expect, test} from 'vitest'
import {pluginPaths} from './paths.ts'

const driver = 'mock-accel.example.com'

test("sockets where kubelet's own helper library has them", () => {
  expect(pluginPaths('/var/lib/kubelet', driver)).toEqual({
    folder: `/var/lib/kubelet/plugins/${driver}`,
    endpoint: `/var/lib/kubelet/plugins/${driver}/dra.sock`,
    registry: '/var/lib/kubelet/plugins_registry',
    registration: `/var/lib/kubelet/plugins_registry/${driver}-reg.sock`,
  })
})

test("a pod's UID keeps two instances apart", () => {
  const uid = '8a2ae0b9-6a53-4f0a-8f5c-a3f3d2d10a3b'
  // 107 bytes are what a socket's path may have: both have fewer here.
  expect(pluginPaths('/var/lib/kubelet', driver, uid)).toMatchObject({
    endpoint: `/var/lib/kubelet/plugins/${driver}/dra-${uid}.sock`,
    registration: `/var/lib/kubelet/plugins_registry/${driver}-${uid}-reg.sock`,
  })
})

test('names get shorter where the folder is deep, still one for each pod', () => {
  const root = `/srv/${'k'.repeat(18)}`
  const names = ['a', 'b'].map(
    one => pluginPaths(root, driver, one.repeat(36)).registration.split('/').at(-1) ?? '',
  )
  expect(names[0]).toMatch(/^mock-accel\.example\.com-[\w-]{11}-reg\.sock$/)
  expect(names[0]).not.toBe(names[1])
  const shortest = pluginPaths('/srv/kubelet', `${'d'.repeat(50)}.example.com`, 'x').registration
  expect(Buffer.byteLength(shortest)).toBeLessThan(108)
})

test('a folder too deep for any socket is refused', () => {
  expect(() => pluginPaths(`/${'k'.repeat(80)}`, driver)).toThrow('N020')
})
