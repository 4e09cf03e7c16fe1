import {expect, test} from 'vitest'
import {parsePackages, releaseDigest} from './packages.ts'

const stanza = (fields: Record<string, string>) =>
  Object.entries(fields)
    .map(([k, v]) => `${k}: ${v}`)
    .join('\n')

test('reads stanzas; the source is the package itself unless told', () => {
  const text = [
    stanza({
      Package: 'linux-headers-6.12.1+x-amd64',
      Source: 'linux-signed-amd64 (6.12.1+1)',
      Version: '6.12.1-1',
      Architecture: 'amd64',
      Depends: 'linux-kbuild-6.12.1+x, gcc-14-for-host',
      Description: 'no Filename: in here',
      Filename: 'pool/main/l/x.deb',
      Size: '1234',
      SHA256: 'ab',
    }),
    stanza({
      Package: 'plain',
      Version: '2',
      Architecture: 'all',
      Filename: 'pool/p.deb',
      Size: '5',
      SHA256: 'cd',
    }),
    stanza({Package: 'virtual', Version: '1'}),
  ].join('\n\n')
  const records = parsePackages(text, 'trixie')
  expect(records).toHaveLength(2)
  expect(records[0]).toMatchObject({
    name: 'linux-headers-6.12.1+x-amd64',
    source: 'linux-signed-amd64',
    sourceVersion: '6.12.1+1',
    depends: 'linux-kbuild-6.12.1+x, gcc-14-for-host',
    preDepends: '',
    filename: 'pool/main/l/x.deb',
    size: 1234,
    suite: 'trixie',
  })
  expect(records[1]).toMatchObject({source: 'plain', sourceVersion: '2', provides: ''})
})

test('takes the sha256 of a file, not its md5', () => {
  const release = `Origin: Debian\nMD5Sum:\n 11 5 main/binary-amd64/Packages.xz\nSHA256:\n aa 9 main/binary-amd64/Packages\n bb 5 main/binary-amd64/Packages.xz\n`
  expect(releaseDigest(release, 'main/binary-amd64/Packages.xz')).toBe('bb')
  expect(releaseDigest(release, 'main/binary-arm64/Packages.xz')).toBeUndefined()
})
