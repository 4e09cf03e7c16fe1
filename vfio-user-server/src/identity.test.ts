import {expect, test} from 'vitest'
import {identity, limits} from '#lib/generated/device.ts'
import {
  isLabel,
  isUuid,
  pfIdentity,
  uuidBytes,
  uuidOfName,
  uuidText,
  vfIdentity,
  vfMemory,
} from './identity.ts'

test('a UUID is taken as it is, a name makes one', () => {
  const text = '0123abcd-4567-89ab-cdef-0123456789ab'
  expect(pfIdentity(text.toUpperCase(), 'X')).toEqual({
    uuid: Buffer.from(text.replaceAll('-', ''), 'hex'),
    label: 'X',
  })
  expect(uuidText(uuidBytes(text))).toBe(text)
  const {uuid, label} = pfIdentity('NODE1-NUMA0-PF')
  expect(label).toBe('NODE1-NUMA0-PF')
  expect(uuidText(uuid)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(uuid.equals(pfIdentity('NODE1-NUMA0-PF').uuid)).toBe(true)
})

test('version 5 as RFC 9562, appendix A.4, makes it', () => {
  expect(uuidText(uuidOfName('www.example.com', '6ba7b810-9dad-11d1-80b4-00c04fd430c8'))).toBe(
    '2ed6657d-e927-568b-95e1-2665a8aea6a2',
  )
  expect(isUuid(identity.namespace)).toBe(true)
})

test('VFs follow from their PF', () => {
  const pf = pfIdentity('A')
  const vfs = [0, 1].map(index => vfIdentity(pf, index))
  expect(vfs.map(one => one.label)).toEqual(['A-VF0', 'A-VF1'])
  expect(vfs[1]?.uuid).toEqual(uuidOfName('A-VF1'))
  expect(vfMemory(16n << 30n, 0)).toBe(16n << 30n)
  expect(vfMemory(16n << 30n, 2)).toBe(5461n << 20n)
  expect(vfMemory(3n << 20n, 2)).toBe(1n << 20n)
})

test('labels are visible ASCII of the register’s length', () => {
  expect(['A', 'a'.repeat(limits.LABEL_MAX), '~!'].every(isLabel)).toBe(true)
  expect(['', 'a'.repeat(limits.LABEL_MAX + 1), 'a b', 'ä', 'a\n'].some(isLabel)).toBe(false)
})
