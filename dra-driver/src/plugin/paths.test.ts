import {expect, test} from 'vitest'
import {pluginPaths} from './paths.ts'

const driver = 'mock-accel.example.com'

test('sockets in the folders of kubelet, named by the start', () => {
  expect(pluginPaths('/var/lib/kubelet', driver, '01234567')).toMatchObject({
    folder: `/var/lib/kubelet/plugins/${driver}`,
    endpoint: `/var/lib/kubelet/plugins/${driver}/dra-01234567.sock`,
    registry: '/var/lib/kubelet/plugins_registry',
    registration: `/var/lib/kubelet/plugins_registry/${driver}-01234567-reg.sock`,
  })
})

test('no start has the sockets of another', () => {
  const [a, b] = [pluginPaths('/k', driver), pluginPaths('/k', driver)]
  expect(a.endpoint).not.toBe(b.endpoint)
  expect(a.registration).not.toBe(b.registration)
})

test("a driver knows its own starts' sockets, and those of earlier versions, among others'", () => {
  const {isOurs} = pluginPaths('/k', driver)
  const uid = '8a2ae0b9-6a53-4f0a-8f5c-a3f3d2d10a3b'
  const own = [`${driver}-reg.sock`, `${driver}-01234567-reg.sock`, `${driver}-${uid}-reg.sock`]
  const others = [
    ...['other.example.com-reg.sock', `${driver}.sock`, `${driver}-01234567-reg.sock.tmp`],
    ...[`${driver}-two.example.com-reg.sock`, `x${driver}-reg.sock`, '.ab12cd'],
  ]
  expect([...own, ...others].filter(isOurs)).toEqual(own)
})

test('a folder too deep for any socket is refused', () => {
  expect(() => pluginPaths(`/${'k'.repeat(80)}`, driver)).toThrow('N020')
})
