import {readFile} from 'node:fs/promises'
import {basename, join} from 'node:path'
import {fail} from '#lib/diagnostics.ts'
import type {Toolbox} from '#release/effects/toolbox/types.ts'
import {type CpioEntry, parents, writeCpio} from './cpio.ts'

export type Content = string | Uint8Array | {from: string}

/**
 * PID 1. Commands come over a virtio port as a line `id bytes` and so many bytes of script; what the script said
 * goes back as a line `id code bytes` and so many bytes. A person gets a shell on the second serial line, whose end is
 * the guest's.
 */
const init = `#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
export PATH=/bin HOME=/tmp TERM=linux
if [ -e /etc/boot ]; then sh /etc/boot; fi
if grep -q guest.shell /proc/cmdline; then
  (setsid -c sh -l < /dev/ttyS1 > /dev/ttyS1 2>&1; poweroff -f) &
fi
exec 3<> /dev/vport0p1
echo "ready $(uname -r)" >&3
while read -r id size <&3; do
  head -c "$size" <&3 > /tmp/.script
  sh /tmp/.script > /tmp/.output 2>&1 < /dev/null 3<&-
  echo "$id $? $(stat -c %s /tmp/.output)" >&3
  cat /tmp/.output >&3
done
poweroff -f
`

/**
 * An initial RAM disk of busybox, our PID 1, and the files; modules lie unpacked in /modules.
 * @throws DiagnosticError B512 for a `.ko.xz` that is none
 */
export async function initrd(
  toolbox: Toolbox,
  files: Readonly<Record<string, Content>>,
  modules: readonly string[] = [],
): Promise<Buffer> {
  const all = [{path: 'init', data: Buffer.from(init) as Uint8Array}]
  for (const [path, content] of Object.entries(files)) all.push({path, data: await bytes(content)})
  for (const module of modules)
    all.push({path: `modules/${moduleName(module)}`, data: await unpacked(module, toolbox)})
  return writeCpio([
    ...ground(await busybox(toolbox)),
    ...folders(all),
    ...all.map(f => ({...f, kind: 'file' as const})),
  ])
}

/** The file name in /modules of a module on the host. */
export const moduleName = (path: string) => basename(path).replace(/\.xz$/, '')

function folders(files: readonly {path: string}[]): CpioEntry[] {
  const paths = [...new Set(files.flatMap(f => parents(f.path)))].filter(p => !groundFolders.includes(p))
  return paths.map(path => ({path, kind: 'dir'}))
}

const groundFolders = ['bin', 'dev', 'proc', 'sys', 'tmp']

function ground({program, applets}: {program: Buffer; applets: string[]}): CpioEntry[] {
  return [
    ...groundFolders.map(path => ({path, kind: 'dir' as const})),
    {path: 'dev/console', kind: 'char', major: 5, minor: 1, mode: 0o600},
    {path: 'bin/busybox', kind: 'file', data: program},
    ...applets.map(name => ({path: `bin/${name}`, kind: 'symlink' as const, target: 'busybox'})),
  ]
}

async function busybox(toolbox: Toolbox): Promise<{program: Buffer; applets: string[]}> {
  const program = await readFile(join(toolbox.root, 'usr/bin/busybox'))
  const list = await toolbox.run(['busybox', '--list'])
  const names = list.stdout.toString().split('\n')
  return {program, applets: names.filter(name => name && name !== 'busybox')}
}

async function bytes(content: Content): Promise<Uint8Array> {
  if (typeof content === 'string') return Buffer.from(content)
  return content instanceof Uint8Array ? content : readFile(content.from)
}

async function unpacked(module: string, toolbox: Toolbox): Promise<Buffer> {
  if (!module.endsWith('.xz')) return readFile(module)
  const result = await toolbox.run(['xz', '-dc'], {stdin: await readFile(module)})
  if (result.code === 0) return result.stdout
  return fail({code: 'B512', message: `${module} is no xz file: ${result.stderr.toString().trim()}`})
}
