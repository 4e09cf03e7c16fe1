import {expect, test} from 'vitest'
import {type AptSource, chooseMirror, mirrorFor, parseDeb822, parseOneLine} from './mirror.ts'

const deb822 = `# a comment
Types: deb deb-src
URIs: http://mirror.test/debian/
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.test/debian-security
Suites: bookworm-security

Types: deb
Enabled: no
URIs: http://off.test/debian
Suites: trixie

Types: deb-src
URIs: http://sources.test/debian
Suites: trixie
`

test('deb822 stanzas: binary, enabled, one source for each suite', () => {
  expect(parseDeb822(deb822)).toEqual([
    {uri: 'http://mirror.test/debian/', suite: 'bookworm'},
    {uri: 'http://mirror.test/debian/', suite: 'bookworm-updates'},
    {uri: 'http://mirror.test/debian-security', suite: 'bookworm-security'},
  ])
})

test('one-line sources, with and without options', () => {
  const text =
    '# deb http://no.test/debian x main\ndeb [arch=amd64 signed-by=/k.gpg] http://a.test/debian trixie main\ndeb-src http://s.test/debian trixie main\n deb http://b.test/debian sid main contrib\n'
  expect(parseOneLine(text)).toEqual([
    {uri: 'http://a.test/debian', suite: 'trixie'},
    {uri: 'http://b.test/debian', suite: 'sid'},
  ])
})

const sources: AptSource[] = [
  {uri: 'http://vendor.test/node_20.x', suite: 'nodistro'},
  {uri: 'http://ubuntu.test/ubuntu', suite: 'noble-security'},
  {uri: 'mirror+file:/etc/apt/mirrors/debian.list', suite: 'trixie'},
  {uri: 'https://sec.test/debian-security/', suite: 'trixie-security'},
  {uri: 'https://main.test/debian/', suite: 'trixie-backports'},
]

test("only Debian's own sources count, and security is an archive of its own", () => {
  expect(chooseMirror(sources, 'bookworm-backports')).toBe('https://main.test/debian')
  expect(chooseMirror(sources, 'bookworm-security')).toBe('https://sec.test/debian-security')
  expect(chooseMirror(sources.slice(0, 3), 'trixie')).toBeUndefined()
})

test('the environment comes first', async () => {
  const env = {MOCK_DEVICE_DEBIAN_MIRROR: 'http://near.test/debian/'}
  expect(await mirrorFor('trixie', env)).toBe('http://near.test/debian')
  expect(await mirrorFor('trixie-security', env)).toBe('http://near.test/debian-security')
})
