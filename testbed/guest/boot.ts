import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {basename, join} from 'node:path'
import {DiagnosticError, fail} from '#lib/diagnostics.ts'
import {endGroup} from '#release/effects/toolbox/enter.ts'
import {openToolbox} from '#release/effects/toolbox/toolbox.ts'
import type {Bind, Toolbox} from '#release/effects/toolbox/types.ts'
import {type CpioEntry, parents, writeCpio} from './cpio.ts'

export type GuestOptions = {
  /** The kernel image on the host (`vmlinuz`), see `guestKernel`. */
  kernel: string
  /** Modules on the host (`.ko`, or `.ko.xz` as Debian packs them), loaded in this order before the script. */
  modules?: readonly string[]
  /** Path in the guest → text, bytes, or a file of the host; executable. */
  files?: Readonly<Record<string, string | Uint8Array | {from: string}>>
  /** Run by busybox's sh as root once /proc, /sys, /dev and /tmp are mounted. */
  script: string
  /** Milliseconds for one boot; default 90,000. */
  timeout?: number
  /** MiB; default 256. */
  memory?: number
  /** More arguments for QEMU, such as devices. */
  qemu?: readonly string[]
  /** Folders of the host that QEMU itself needs, such as one with a device's socket. */
  binds?: readonly Bind[]
  /** Added to the kernel's command line. */
  append?: string
}

export type GuestResult = {
  /** The kernel's console: its log, and nothing of the script. */
  console: string
  /** What the script wrote (stdout and stderr together) and its exit code. */
  results: {output: string; code: number}
}

const commandLine =
  'console=ttyS0 mitigations=off audit=0 random.trust_cpu=on panic=-1 tsc=reliable no_timer_check rdinit=/init'

/**
 * Boots a kernel in QEMU (TCG: a nested /dev/kvm opens and then hangs), runs a script, and powers off. A
 * boot that stalls or does not end in time is tried once more: one in forty does under TCG.
 * @throws DiagnosticError B010, exit 3, when the second boot does not reach the script's end either; its
 *   message holds the console's last lines
 */
export async function bootGuest(options: GuestOptions): Promise<GuestResult> {
  const toolbox = await openToolbox()
  const folder = await mkdtemp(join(tmpdir(), 'guest-'))
  try {
    await writeFile(join(folder, 'initrd'), await initrd(options, toolbox))
    const first = await bootOnce(options, folder, toolbox)
    if (first.results) return {console: first.console, results: first.results}
    const second = await bootOnce(options, folder, toolbox)
    if (second.results) return {console: second.console, results: second.results}
    return fail(
      {
        code: 'B010',
        message: `the guest ended twice before its script did: ${second.console.trim().split('\n').slice(-15).join('\n')}`,
        hint: 'a kernel panic or a stall shows in the lines above',
      },
      3,
    )
  } finally {
    await rm(folder, {recursive: true, force: true})
  }
}

const stalled = /rcu.*stalls? on CPUs|Kernel panic|PANIC: double fault|soft lockup/

async function bootOnce(
  options: GuestOptions,
  folder: string,
  toolbox: Toolbox,
): Promise<{console: string; results?: GuestResult['results']}> {
  const results = join(folder, 'results')
  await writeFile(results, '')
  const child = toolbox.spawn(
    [
      ...['qemu-system-x86_64', '-accel', 'tcg', '-machine', 'q35', '-cpu', 'max', '-smp', '1'],
      ...[
        '-m',
        `${options.memory ?? 256}`,
        '-nodefaults',
        '-no-user-config',
        '-display',
        'none',
        '-no-reboot',
      ],
      ...['-serial', 'stdio', '-serial', 'file:/build/guest/results'],
      ...['-kernel', '/build/kernel/vmlinuz', '-initrd', '/build/guest/initrd'],
      ...['-append', `${commandLine} ${options.append ?? ''}`.trim()],
      ...(options.qemu ?? []),
    ],
    {
      binds: [
        {from: options.kernel, to: '/build/kernel/vmlinuz', readonly: true},
        {from: folder, to: '/build/guest'},
        ...(options.binds ?? []),
      ],
    },
  )
  let console = ''
  let hung = false
  const end = () => {
    hung = true
    endGroup(child)
  }
  const timer = setTimeout(end, options.timeout ?? 90_000)
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', chunk => {
      console += chunk
      if (!hung && stalled.test(console.slice(-4096))) end()
    })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  }).finally(() => clearTimeout(timer))
  if (code !== 0 && !hung) refuse(console)
  return {console: console.replaceAll('\r\n', '\n'), ...parseResults(await readFile(results, 'utf8'))}
}

function refuse(output: string): never {
  throw new DiagnosticError(
    [
      {
        code: 'B011',
        severity: 'error',
        message: `QEMU did not start: ${output.trim().split('\n').slice(-5).join('\n')}`,
      },
    ],
    3,
  )
}

/** The script's output, less the newlines at its end, arrives on a serial line of its own before its exit code. */
export function parseResults(text: string): {results?: GuestResult['results']} {
  const match = /^([\s\S]*?)\n*__script_ended_with (\d+)__\s*$/.exec(text.replaceAll('\r\n', '\n'))
  return match ? {results: {output: match[1] ?? '', code: Number(match[2])}} : {}
}

const init = `#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
export PATH=/bin HOME=/tmp
{
  code=0
  for module in $(cat /modules/order); do
    insmod /modules/$module || { code=$?; echo "insmod $module: failed"; break; }
  done
  if [ $code = 0 ]; then sh /script; code=$?; fi
  printf '\\n__script_ended_with %d__\\n' $code
} > /dev/ttyS1 2>&1 < /dev/null
sync
poweroff -f
`

async function initrd(options: GuestOptions, toolbox: Toolbox): Promise<Buffer> {
  const files: {path: string; data: Uint8Array}[] = []
  for (const [path, content] of Object.entries(options.files ?? {}))
    files.push({path, data: await bytes(content)})
  const names: string[] = []
  for (const module of options.modules ?? []) {
    const packed = module.endsWith('.xz')
    const name = basename(module).replace(/\.xz$/, '')
    names.push(name)
    files.push({path: `modules/${name}`, data: packed ? await unxz(module, toolbox) : await readFile(module)})
  }
  files.push({path: 'modules/order', data: Buffer.from(`${names.join('\n')}\n`)})
  files.push({path: 'script', data: Buffer.from(options.script)}, {path: 'init', data: Buffer.from(init)})
  return writeCpio([
    ...ground(await busybox(toolbox)),
    ...folders(files),
    ...files.map(f => ({...f, kind: 'file' as const})),
  ])
}

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
  return {
    program,
    applets: list.stdout
      .toString()
      .split('\n')
      .filter(name => name && name !== 'busybox'),
  }
}

async function bytes(content: string | Uint8Array | {from: string}): Promise<Uint8Array> {
  if (typeof content === 'string') return Buffer.from(content)
  return content instanceof Uint8Array ? content : readFile(content.from)
}

async function unxz(path: string, toolbox: Toolbox): Promise<Buffer> {
  const result = await toolbox.run(['xz', '-dc'], {stdin: await readFile(path)})
  if (result.code === 0) return result.stdout
  return fail({code: 'B012', message: `${path} is no xz file: ${result.stderr.toString().trim()}`})
}
