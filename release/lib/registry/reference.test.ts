import {describe, expect, it} from 'vitest'
import {checkRepositoryName} from '../oci/repository-name.ts'
import {parseTarget} from './reference.ts'

describe('parseTarget', () => {
  it.each([
    ['oci:dist/oci', {kind: 'layout', dir: 'dist/oci'}],
    ['oci:/tmp/with space', {kind: 'layout', dir: '/tmp/with space'}],
    [
      'ghcr.io/acme/mock-device',
      {kind: 'registry', host: 'ghcr.io', origin: 'https://ghcr.io', prefix: 'acme/mock-device'},
    ],
    ['ghcr.io/', {kind: 'registry', host: 'ghcr.io', origin: 'https://ghcr.io', prefix: ''}],
    [
      'localhost:5000/x',
      {kind: 'registry', host: 'localhost:5000', origin: 'http://localhost:5000', prefix: 'x'},
    ],
    ['[::1]:5000/x', {kind: 'registry', host: '[::1]:5000', origin: 'http://[::1]:5000', prefix: 'x'}],
    [
      '127.0.0.1:5000',
      {kind: 'registry', host: '127.0.0.1:5000', origin: 'http://127.0.0.1:5000', prefix: ''},
    ],
    [
      'https://localhost:5000/x',
      {kind: 'registry', host: 'localhost:5000', origin: 'https://localhost:5000', prefix: 'x'},
    ],
    [
      'http://reg.example.com/x',
      {kind: 'registry', host: 'reg.example.com', origin: 'http://reg.example.com', prefix: 'x'},
    ],
    [
      'docker.io/acme',
      {kind: 'registry', host: 'docker.io', origin: 'https://registry-1.docker.io', prefix: 'acme'},
    ],
  ])('reads %s', (text, expected) => {
    expect(parseTarget(text)).toEqual(expected)
  })

  it('speaks HTTP when told to', () => {
    expect(parseTarget('reg.example.com/x', {plainHttp: true})).toMatchObject({
      origin: 'http://reg.example.com',
    })
    expect(parseTarget('https://reg.example.com/x', {plainHttp: true})).toMatchObject({
      origin: 'https://reg.example.com',
    })
  })

  it.each([
    ['', /no registry/],
    ['dist/oci', /no registry/],
    ['oci:', /no folder/],
    ['oci://ghcr.io/x', /Helm/],
    ['ghcr.io/Acme', /repository's name/],
    ['ghcr.io/a//b', /repository's name/],
    ['ghcr.io/acme:v1', /tag or digest/],
    [`ghcr.io/acme@sha256:${'0'.repeat(64)}`, /tag or digest/],
    ['ghcr.io/../x', /repository's name/],
    ['user:pass@ghcr.io/x', /no registry/],
    ['gh cr.io/x', /no registry/],
    ['ghcr.io:99999/x', /no registry/],
  ])('refuses %j', (text, why) => {
    expect(() => parseTarget(text)).toThrow(/R009/)
    expect(() => parseTarget(text)).toThrow(why)
  })

  it('knows repository names', () => {
    for (const good of ['a', 'a/b', 'mock-accel-module', 'a.b_c__d---e/f0'])
      expect(checkRepositoryName(good)).toBe(good)
    for (const bad of ['', '/a', 'a/', 'A', 'a..b', '-a', 'a___b', 'a'.repeat(256)])
      expect(() => checkRepositoryName(bad), bad).toThrow(/R009/)
  })
})
