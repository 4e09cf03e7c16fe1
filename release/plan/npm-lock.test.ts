import {expect, test} from 'vitest'
import {lockedNpmPackages} from './npm-lock.ts'

test('packages at the top, with version and integrity, by name', () => {
  const packages = {
    '': {version: '1.0.0'},
    'node_modules/@a/b': {version: '1.2.3', integrity: 'sha512-AAAA', optional: true},
    'node_modules/@a/b/node_modules/c': {version: '1.0.0', integrity: 'sha512-BBBB'},
    'node_modules/d': {version: '1.0.0'},
  }
  expect([...lockedNpmPackages(Buffer.from(JSON.stringify({packages}))).values()]).toEqual([
    {name: '@a/b', version: '1.2.3', integrity: 'sha512-AAAA'},
  ])
  expect(lockedNpmPackages(undefined).size).toBe(0)
})
