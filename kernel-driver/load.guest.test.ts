import {readFileSync} from 'node:fs'
import {glob, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, expect, test} from 'vitest'
import {buildModule} from '#release/build/builders/module.ts'
import type {BuildContext} from '#release/build/context.ts'
import {Store} from '#release/build/store.ts'
import {realFiles} from '#release/effects/files.ts'
import {silentProgress} from '#release/effects/progress.ts'
import {cacheDir} from '#release/effects/toolbox/cache.ts'
import {fetchDeb} from '#release/effects/toolbox/download.ts'
import {openToolbox} from '#release/effects/toolbox/toolbox.ts'
import {lockPath, readLock} from '#release/kernels/lock.ts'
import type {LockedKernel} from '#release/kernels/lock-schema.ts'
import type {Artifact, ReleasePlan} from '#release/plan/plan.ts'
import {bootGuest} from '#testbed/guest/boot.ts'
import {guestKernel} from '#testbed/guest/kernel.ts'

/*
 * The module as the release builds it, in the kernels that it is built for, without a device: it comes, shows
 * its class and its driver, and goes without a trace.
 */

const version = '9.8.7'
const folder = await mkdtemp(join(tmpdir(), 'mock-accel-'))
afterAll(() => rm(folder, {recursive: true, force: true}))

const files = realFiles({durable: false})
const context: BuildContext = {
  plan: {epoch: 1_700_000_000} as ReleasePlan,
  store: new Store(files, join(folder, 'store')),
  files,
  cache: cacheDir(),
  toolbox: () => openToolbox(),
  fetchDeb,
  readTree: file => readFile(file.path),
  progress: silentProgress,
}

/** The newest kernel of each line. */
const kernels = Object.entries(readLock(readFileSync(lockPath), lockPath).value?.lines ?? {}).flatMap(
  ([line, [kernel]]) => (kernel ? [{line, kernel}] : []),
)

async function build(line: string, {kernel, arch, compiler, packages}: LockedKernel): Promise<Buffer> {
  const paths: string[] = []
  for await (const path of glob(['Kbuild', 'version.mk', '*.[ch]', 'include/**/*.h'], {cwd: 'kernel-driver'}))
    paths.push(path)
  const output = await buildModule(
    {
      ...{kind: 'module', module: 'mock-accel', version, kernel, line, arch, compiler, root: 'kernel-driver'},
      packages: packages.filter(p => ['headers', 'common', 'kbuild'].includes(p.role)),
      sources: paths.map(path => ({path: `kernel-driver/${path}`, mode: '0644', digest: '0'.repeat(64)})),
    },
    [],
    {} as Artifact,
    context,
  )
  const made = output.files['mock-accel.ko']
  const module = made && (await context.store.get(made))
  if (!module) throw new Error('nothing was built')
  return module
}

const script = `
echo start of test > /dev/kmsg
for n in 1 2 3; do
  insmod /mock-accel.ko || exit 1
  ls -1d /sys/class/mock-accel /sys/bus/pci/drivers/mock_accel || exit 2
  cat /sys/module/mock_accel/version
  grep -o mock-accel /proc/devices || exit 3
  rmmod mock_accel || exit 4
  for trace in /sys/class/mock-accel /sys/bus/pci/drivers/mock_accel /sys/module/mock_accel; do
    [ ! -e $trace ] || exit 5
  done
  ! grep mock-accel /proc/devices || exit 6
done
dmesg | sed '1,/start of test/d'
`

test.each(kernels.filter(k => k.kernel.arch === 'amd64'))(
  '$line: $kernel.kernel loads and unloads it',
  async ({line, kernel}) => {
    const [image] = kernel.packages.filter(p => p.role === 'image')
    if (!image) throw new Error(`${kernel.kernel} has no image package`)
    const path = join(folder, `${kernel.kernel}.ko`)
    await writeFile(path, await build(line, kernel))
    const guest = await guestKernel(image)
    const {results} = await bootGuest({
      kernel: guest.image,
      files: {'mock-accel.ko': {from: path}},
      script,
    })
    const lines = results.output.split('\n')
    const round = ['/sys/bus/pci/drivers/mock_accel', '/sys/class/mock-accel', version, 'mock-accel']
    expect(lines.slice(0, 12)).toEqual([...round, ...round, ...round])
    expect(results.code).toBe(0)
    const log = lines.slice(12).join('\n')
    // A module from outside the kernel taints it, and says so; nothing else may be said.
    expect(log).toMatch(/mock_accel: loading out-of-tree module taints kernel/)
    expect(log.match(/mock[_-]accel.*/g)?.filter(text => !/taint/.test(text)) ?? []).toEqual([])
    expect(log).not.toMatch(/WARNING|BUG|Oops|Call Trace|cut here/)
  },
)

test.each(kernels.filter(k => k.kernel.arch === 'arm64'))(
  '$line: $kernel.kernel is what the cross-compiled module is for',
  async ({line, kernel}) => {
    const toolbox = await openToolbox()
    const path = join(folder, 'arm64.ko')
    await writeFile(path, await build(line, kernel))
    const told = async (field: string) => {
      const binds = [{from: path, to: '/build/m.ko', readonly: true}]
      return (await toolbox.run(['modinfo', '-F', field, '/build/m.ko'], {binds})).stdout.toString().trim()
    }
    const vermagic = (await told('vermagic')).split(' ')
    expect([vermagic[0], vermagic.at(-1)]).toEqual([kernel.kernel, 'aarch64'])
    expect(await told('version')).toBe(version)
    expect(await told('firmware')).toBe('mock-accel-wordlist.txt')
    const aliases = (await told('alias')).split('\n').map(alias => alias.replace(/sv.*/, ''))
    expect(aliases.sort()).toEqual(['pci:v00001DE5d00000001', 'pci:v00001DE5d00000002'])
  },
)
