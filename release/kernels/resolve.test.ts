import {describe, expect, test} from 'vitest'
import type {Architecture, KernelLine} from '#release/matrix/schema/kernels.ts'
import {diffLocks, readLock, resolveLock, writeLock} from './lock.ts'
import {lockProblems} from './lock-lines.ts'
import {overlayLock} from './overlay.ts'
import {
  type ArchivePackage,
  isDebLine,
  neededIndexes,
  resolveLine,
  runtimePackages,
  suitesOf,
} from './resolve.ts'
import {testLine} from './test-lines.ts'

const archive = {kind: 'deb', suite: 'trixie', flavour: 'amd64', series: '6.12'}
const deb = (fields: Record<string, unknown> = {}) => {
  const line = testLine({id: 'line', match: '^6\\.12\\.', archive, ...fields})
  if (!isDebLine(line)) throw new Error('not a Debian line')
  return line
}

/** The packages of one kernel as Debian 13's index lists them. */
function kernelPackages(
  abi: string,
  version: string,
  options: {suite?: string; flavour?: string; arch?: Architecture; rt?: boolean} = {},
) {
  const {suite = 'trixie', flavour = 'amd64', arch = 'amd64', rt = false} = options
  const common = `linux-headers-${abi}-common${rt ? '-rt' : ''}`
  const make = (name: string, architecture: string, depends = ''): ArchivePackage => ({
    name,
    version,
    architecture,
    suite,
    filename: `pool/main/l/linux/${name}_${version}_${architecture}.deb`,
    size: 1000,
    sha256: Buffer.from(`${name}${version}${architecture}`).toString('hex').padEnd(64, '0').slice(-64),
    depends,
  })
  return [
    make(
      `linux-headers-${abi}-${flavour}`,
      arch,
      `linux-base (>= 4.12~), ${common} (= ${version}), linux-image-${abi}-${flavour} (= ${version}) | linux-image-${abi}-${flavour}-unsigned (= ${version}), linux-kbuild-${abi}, gcc-14`,
    ),
    make(common, 'all'),
    make(`linux-kbuild-${abi}`, 'amd64'),
    make(`linux-kbuild-${abi}`, 'arm64'),
    make(`linux-image-${abi}-${flavour}`, arch),
    make(`linux-image-${abi}-${flavour}-unsigned`, arch),
  ]
}

const basePackage: ArchivePackage = {
  name: 'busybox-static',
  version: '1:1.37.0-6',
  architecture: 'amd64',
  suite: 'trixie',
  filename: 'pool/main/b/busybox/busybox-static.deb',
  size: 1,
  sha256: 'b'.repeat(64),
  depends: '',
}

const names = (line: Parameters<typeof resolveLine>[0], packages: ArchivePackage[]) =>
  resolveLine(line, packages).kernels.map(k => k.kernel)

describe('resolveLine', () => {
  test('takes the newest by Debian’s order, from all suites of the release', () => {
    const packages = [
      ...kernelPackages('6.12.94+deb13', '6.12.94-1'),
      ...kernelPackages('6.12.107+deb13', '6.12.107-1', {suite: 'trixie-security'}),
      ...kernelPackages('6.12.107+deb13.1', '6.12.107-1+deb13u1', {suite: 'trixie-security'}),
      ...kernelPackages('6.12.999+deb13', '6.12.999-1', {suite: 'trixie-backports'}),
    ]
    expect(names(deb({keep: '2'}), packages)).toEqual(['6.12.107+deb13.1-amd64', '6.12.107+deb13-amd64'])
  })

  test('tells flavours, series and meta packages apart', () => {
    const meta = {
      ...kernelPackages('6.12', '6.12.107-1')[0],
      name: 'linux-headers-6.12-amd64',
    } as ArchivePackage
    const packages = [
      meta,
      ...kernelPackages('6.12.1+deb13', '6.12.1-1', {flavour: 'cloud-amd64'}),
      ...kernelPackages('6.12.1+deb13', '6.12.1-1', {flavour: 'rt-amd64', rt: true}),
      ...kernelPackages('6.120.1+deb13', '6.120.1-1'),
      ...kernelPackages('6.12.0-5', '6.12.0-5'),
    ]
    expect(names(deb({keep: '9'}), packages)).toEqual(['6.12.0-5-amd64'])
    const rt = resolveLine(deb({archive: {...archive, flavour: 'rt-amd64'}}), packages).kernels[0]
    expect(rt?.packages.map(p => [p.role, p.name])).toEqual([
      ['headers', 'linux-headers-6.12.1+deb13-rt-amd64'],
      ['common', 'linux-headers-6.12.1+deb13-common-rt'],
      ['kbuild', 'linux-kbuild-6.12.1+deb13'],
      ['image', 'linux-image-6.12.1+deb13-rt-amd64'],
    ])
  })

  test('cross builds take the builder’s host tools', () => {
    const line = deb({arch: 'arm64', archive: {...archive, flavour: 'arm64'}})
    const packages = kernelPackages('6.12.1+deb13', '6.12.1-1', {flavour: 'arm64', arch: 'arm64'})
    const [kernel] = resolveLine(line, packages).kernels
    expect(kernel?.packages.map(p => [p.role, p.arch])).toEqual([
      ['headers', 'arm64'],
      ['common', 'all'],
      ['kbuild', 'amd64'],
      ['image', 'arm64'],
    ])
    expect(neededIndexes(line)).toHaveLength(6)
  })

  test('reads the split packages of 7.x: gcc-14-for-host, binary and modules', () => {
    const [headers, ...rest] = kernelPackages('7.3.4+deb13', '7.3.4-1~bpo13+1')
    const split = ['binary', 'modules'].map(
      part => ({...headers, name: `linux-${part}-7.3.4+deb13-amd64`}) as ArchivePackage,
    )
    const depends =
      'gcc-14-for-host, linux-headers-7.3.4+deb13-common (= 7.3.4-1~bpo13+1), linux-kbuild-7.3.4+deb13'
    const packages = [{...headers, depends} as ArchivePackage, ...rest, ...split]
    const [kernel] = resolveLine(deb({archive: {...archive, series: '7'}}), packages).kernels
    expect(kernel?.compiler).toBe('gcc-14')
    expect(kernel?.packages.slice(3).map(p => [p.role, p.name])).toEqual([
      ['image', 'linux-binary-7.3.4+deb13-amd64'],
      ['modules', 'linux-modules-7.3.4+deb13-amd64'],
    ])
  })

  test('leaves out a kernel that lacks a package and says which; none at all is an error', () => {
    const whole = kernelPackages('6.12.1+deb13', '6.12.1-1')
    const broken = kernelPackages('6.12.2+deb13', '6.12.2-1').filter(p => !p.name.startsWith('linux-kbuild'))
    const answer = resolveLine(deb(), [...whole, ...broken])
    expect(answer.kernels.map(k => k.kernel)).toEqual(['6.12.1+deb13-amd64'])
    expect(answer.diagnostics.map(d => [d.code, d.severity])).toEqual([['K022', 'warning']])
    expect(resolveLine(deb(), broken).diagnostics.map(d => d.code)).toEqual(['K022', 'K021'])
  })
})

test('suitesOf', () => {
  expect(suitesOf('trixie')).toEqual(['trixie', 'trixie-updates', 'trixie-security'])
  expect(suitesOf('bookworm-backports')).toEqual(['bookworm-backports'])
})

describe('the lock', () => {
  const lines: KernelLine[] = [deb(), testLine({id: 'old', match: '^6\\.11', state: 'eol', archive})]
  const indexOf = (packages: ArchivePackage[]) => {
    const asked: string[] = []
    const index = async (suite: string, arch: Architecture) => {
      asked.push(`${suite}/${arch}`)
      return packages.filter(p => p.suite === suite && (p.architecture === arch || p.architecture === 'all'))
    }
    return {index, asked}
  }
  const bases = (name: string) =>
    ['amd64', 'arm64'].map(
      (architecture): ArchivePackage => ({
        ...basePackage,
        name,
        architecture,
        sha256: (architecture === 'arm64' ? 'd' : 'e').repeat(64),
      }),
    )
  const busybox = [...bases('busybox-static'), ...runtimePackages.flatMap(bases)]
  const first = [...busybox, ...kernelPackages('6.12.1+deb13', '6.12.1-1')]
  const second = [...first, ...kernelPackages('6.12.2+deb13', '6.12.2-1')]

  test('is resolved, written and read back, byte for byte; indexes are asked once', async () => {
    const {index, asked} = indexOf(first)
    const twice: KernelLine[] = [...lines, deb({id: 'again'})]
    const {lock, diagnostics} = await resolveLock(twice, index, '2026-11-21')
    expect(diagnostics).toEqual([])
    expect([...new Set(asked)]).toHaveLength(6)
    expect(asked).toHaveLength(6)
    const text = writeLock(lock)
    const back = readLock(text, 'kernels.lock.yaml')
    expect(back.diagnostics).toEqual([])
    expect(back.value && writeLock(back.value)).toBe(text)
    expect(lockProblems(lock, twice)).toEqual([])
    expect(lockProblems(lock, lines).map(d => d.message)).toEqual([expect.stringContaining('again')])
  })

  test('keeps its day when the archive has nothing new', async () => {
    const {lock: old} = await resolveLock(lines, indexOf(first).index, '2026-11-21')
    const {lock: same} = await resolveLock(lines, indexOf(first).index, '2026-11-25', old)
    const {lock: next} = await resolveLock(lines, indexOf(second).index, '2026-11-25', old)
    expect([same.resolved, next.resolved]).toEqual(['2026-11-21', '2026-11-25'])
    expect(diffLocks(old, same)).toEqual([])
    expect(diffLocks(old, next)).toEqual([
      {line: 'line', kernel: '6.12.2+deb13-amd64', change: 'added'},
      {line: 'line', kernel: '6.12.1+deb13-amd64', change: 'removed'},
    ])
  })

  test('an overlay replaces only what has vanished, and says what', async () => {
    const {lock} = await resolveLock(lines, indexOf(first).index, '2026-11-21')
    expect(await overlayLock(lock, lines, indexOf(second).index)).toMatchObject({
      kind: 'committed',
      lock,
      vanished: [],
    })
    const onlyNew = second.filter(p => busybox.includes(p) || !first.includes(p))
    const overlay = await overlayLock(lock, lines, indexOf(onlyNew).index)
    expect(overlay.kind).toBe('overlay')
    expect(overlay.lock.lines.line?.map(k => k.kernel)).toEqual(['6.12.2+deb13-amd64'])
    expect(overlay.diagnostics.map(d => d.code)).toEqual(['K020'])
    expect(overlay.vanished.map(v => v.name)).toContain('linux-headers-6.12.1+deb13-amd64')
  })

  test('a newer base alone makes no overlay; one that has vanished does', async () => {
    const {lock} = await resolveLock(lines, indexOf(first).index, '2026-11-21')
    const newer = busybox.map(p => ({...p, version: '1:1.38.0-1', sha256: 'c'.repeat(64)}))
    expect((await overlayLock(lock, lines, indexOf([...first, ...newer]).index)).kind).toBe('committed')
    const replaced = [...newer, ...first.filter(p => !busybox.includes(p))]
    const overlay = await overlayLock(lock, lines, indexOf(replaced).index)
    expect([overlay.kind, overlay.lock.base.arm64.version]).toEqual(['overlay', '1:1.38.0-1'])
    expect(overlay.lock.runtime.amd64.map(p => p.version)).toEqual(runtimePackages.map(() => '1:1.38.0-1'))
    const goneLibrary = first.filter(p => p.name !== 'libc6' || p.architecture !== 'arm64')
    await expect(overlayLock(lock, lines, indexOf(goneLibrary).index)).rejects.toThrow(/K022.*libc6.*arm64/)
    expect(overlay.lock.lines).toEqual(lock.lines)
    await expect(resolveLock(lines, indexOf(first.slice(1)).index, '2026-11-21')).rejects.toThrow(
      /K022.*amd64/,
    )
  })

  test('refuses what does not fit, at its place', () => {
    const text =
      "apiVersion: lockstep/kernels/v1\nresolved: '2026-11-21'\nlines:\n  a:\n    - kernel: x\n      arch: riscv\n"
    const {value, diagnostics} = readLock(text, 'k.yaml')
    expect(value).toBeUndefined()
    expect(diagnostics.find(d => d.place?.line === 6)).toBeDefined()
  })
})
