import type {ChildProcess} from 'node:child_process'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {createServer, type Server, type Socket} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fail} from '#lib/diagnostics.ts'
import {endGroup} from '#release/effects/toolbox/enter.ts'
import {openToolbox} from '#release/effects/toolbox/toolbox.ts'
import type {Bind, Toolbox} from '#release/effects/toolbox/types.ts'
import {Channel, type Results} from './channel.ts'
import {clockParameters} from './clock.ts'
import {type Content, initrd} from './initrd.ts'
import {Qmp} from './qmp.ts'

export type GuestOptions = {
  /** The kernel image on the host (`vmlinuz`), see `guestKernel`. */
  kernel: string
  /** Modules on the host (`.ko`, or `.ko.xz` as Debian packs them) that shall lie in /modules. */
  modules?: readonly string[]
  /** Path in the guest → text, bytes, or a file of the host; executable. */
  files?: Readonly<Record<string, Content>>
  /** Machine, CPUs and memory as arguments of QEMU; default q35, one CPU, 512 MiB. */
  machine?: readonly string[]
  /** More arguments for QEMU, such as devices. */
  qemu?: readonly string[]
  /** Folders of the host that QEMU itself needs, such as one with a device's socket. */
  binds?: readonly Bind[]
  /** Added to the kernel's command line. */
  append?: string
  /** Milliseconds until the guest must be up; default 90,000. */
  timeout?: number
  /** A shell on a socket of its own, for people: see `Guest.shell`. */
  shell?: boolean
}

export type Guest = {
  /** `uname -r`. */
  readonly release: string
  /** The kernel's console so far: notices and worse. */
  console(): string
  /**
   * Runs a script by busybox's sh as root.
   * @throws DiagnosticError B514 when it has not ended within `timeout` milliseconds (default 60,000), or QEMU has
   */
  run(script: string, timeout?: number): Promise<Results>
  /** The output of a script that must succeed. @throws DiagnosticError B515 when it does not */
  get(script: string, timeout?: number): Promise<string>
  qmp: Qmp
  /** Presses the reset button, and waits until the guest is up again. */
  reset(): Promise<void>
  /** The person's terminal; only with `shell: true`. */
  shell?: Socket
  /** Resolves when QEMU has ended. */
  readonly ended: Promise<void>
  stop(): Promise<void>
}

const commandLine =
  'console=ttyS0 loglevel=6 mitigations=off audit=0 random.trust_cpu=on panic=-1 rdinit=/init'
const defaultMachine = ['-machine', 'q35', '-smp', '1', '-m', '512']
const stalled = /rcu.*stalls? on CPUs|Kernel panic|PANIC: double fault|soft lockup/

/**
 * Boots a kernel in QEMU (TCG: a nested /dev/kvm opens and then hangs) and keeps it for scripts. A boot that stalls
 * or is not up in time is tried once more: one in forty does under TCG.
 * @throws DiagnosticError exit 3: B510 when the second boot fails too, with the console's last lines; B511 when QEMU
 *   refuses its arguments
 */
export async function startGuest(options: GuestOptions): Promise<Guest> {
  const toolbox = await openToolbox()
  const disk = await initrd(toolbox, options.files ?? {}, options.modules)
  const first = await boot(options, disk, toolbox)
  if (first.guest) return first.guest
  const second = await boot(options, disk, toolbox)
  return second.guest ?? fail({code: 'B510', ...neverUp(second.console)}, 3)
}

const neverUp = (text: string) => ({
  message: `the guest did not come up, twice: ${lastLines(text, 15)}`,
  hint: 'a kernel panic or a stall shows in the lines above',
})

async function boot(
  options: GuestOptions,
  disk: Buffer,
  toolbox: Toolbox,
): Promise<{guest?: Guest; console: string}> {
  const folder = await mkdtemp(join(tmpdir(), 'guest-'))
  await writeFile(join(folder, 'initrd'), disk)
  const [agent, monitor, shell] = await Promise.all(
    ['agent', 'qmp', 'shell'].map(name => awaitConnection(join(folder, name))),
  )
  if (!agent || !monitor || !shell) throw new TypeError('three sockets were asked for')
  const clock = await clockParameters()
  const child = toolbox.spawn(['qemu-system-x86_64', ...qemuArguments(options, clock)], {
    binds: [
      {from: options.kernel, to: '/build/kernel/vmlinuz', readonly: true},
      {from: folder, to: '/build/guest'},
      ...(options.binds ?? []),
    ],
  })
  const watch = watchConsole(child)
  const clean = async () => {
    for (const {server, socket} of [agent, monitor, shell]) {
      server.close()
      socket()?.destroy()
    }
    await rm(folder, {recursive: true, force: true})
  }
  const ended = watch.ended.finally(clean)
  const channel = agent.connected.then(socket => new Channel(socket))
  const release = await Promise.race([
    channel.then(c => c.ready()),
    ended.then(() => undefined),
    watch.stalled,
    new Promise<undefined>(resolve => setTimeout(resolve, options.timeout ?? 90_000, undefined).unref()),
  ])
  if (release === undefined) {
    const refused = !watch.text().includes('Linux version') && watch.code() !== undefined
    endGroup(child)
    await ended
    if (refused) fail({code: 'B511', message: `QEMU did not start: ${lastLines(watch.text(), 5)}`}, 3)
    return {console: watch.text()}
  }
  const parts = {release, channel: await channel, qmp: new Qmp(await monitor.connected)}
  const guest = makeGuest(parts, watch, ended, child)
  if (options.shell) guest.shell = await shell.connected
  return {guest, console: watch.text()}
}

type Watch = ReturnType<typeof watchConsole>

function makeGuest(
  {release, channel, qmp}: {release: string; channel: Channel; qmp: Qmp},
  watch: Watch,
  ended: Promise<void>,
  child: ChildProcess,
): Guest {
  const tooLate = (what: string, why: string) =>
    fail({code: 'B514', message: `${what}: ${why}\n${lastLines(watch.text(), 20)}`}, 3)
  const within = async <T>(what: string, answer: Promise<T>, timeout = 60_000): Promise<T> => {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<'late'>(resolve => {
      timer = setTimeout(resolve, timeout, 'late')
    })
    const first = await Promise.race([
      answer.then(value => ({value})),
      late,
      ended.then(() => 'gone' as const),
    ])
    clearTimeout(timer)
    if (first === 'late') return tooLate(what, `no answer within ${timeout / 1000} s`)
    return first === 'gone' ? tooLate(what, 'the guest has ended') : first.value
  }
  let stuck: unknown
  const run: Guest['run'] = async (script, timeout) => {
    // Scripts run one after the other: what comes after one that hangs would only wait in vain.
    if (stuck) throw stuck
    try {
      return await within(`the guest does not finish ${brief(script)}`, channel.run(script), timeout)
    } catch (error) {
      stuck = error
      throw error
    }
  }
  return {
    release,
    qmp,
    ended,
    console: watch.text,
    run,
    async get(script, timeout) {
      const {output, code} = await run(script, timeout)
      if (code === 0) return output
      return fail({code: 'B515', message: `${brief(script)} ended with ${code} in the guest:\n${output}`})
    },
    async reset() {
      const up = channel.ready()
      await qmp.command('set-action', {reboot: 'reset'})
      await qmp.command('system_reset')
      await within('the guest does not come up after a reset', up, 90_000)
      await qmp.command('set-action', {reboot: 'shutdown'})
    },
    async stop() {
      endGroup(child)
      await ended
    },
  }
}

function qemuArguments(options: GuestOptions, clock: string): string[] {
  return [
    ...['-accel', 'tcg', '-cpu', 'max', '-nodefaults', '-no-user-config', '-display', 'none'],
    ...['-action', 'reboot=shutdown'],
    ...(options.machine ?? defaultMachine),
    ...[
      '-serial',
      'stdio',
      '-chardev',
      'socket,id=shell,path=/build/guest/shell',
      '-serial',
      'chardev:shell',
    ],
    ...['-chardev', 'socket,id=agent,path=/build/guest/agent', '-device', 'virtio-serial-pci,bus=pcie.0'],
    ...['-device', 'virtserialport,chardev=agent,nr=1'],
    ...['-chardev', 'socket,id=qmp,path=/build/guest/qmp', '-object', 'monitor-qmp,id=monitor,chardev=qmp'],
    ...['-kernel', '/build/kernel/vmlinuz', '-initrd', '/build/guest/initrd'],
    '-append',
    [commandLine, clock, options.shell ? 'guest.shell' : '', options.append ?? ''].filter(Boolean).join(' '),
    ...(options.qemu ?? []),
  ]
}

/** Listens before QEMU starts, so that nothing the guest says first is lost. */
async function awaitConnection(
  path: string,
): Promise<{connected: Promise<Socket>; server: Server; socket: () => Socket | undefined}> {
  const server = createServer()
  let open: Socket | undefined
  const connected = new Promise<Socket>(resolve =>
    server.once('connection', socket => {
      open = socket
      resolve(socket)
    }),
  )
  await new Promise<void>(resolve => server.listen(path, resolve))
  return {connected, server, socket: () => open}
}

function watchConsole(child: ChildProcess) {
  let text = ''
  let code: number | undefined
  let stall: () => void = () => {}
  const hung = new Promise<undefined>(resolve => {
    stall = () => resolve(undefined)
  })
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', chunk => {
      text += String(chunk).replaceAll('\r', '')
      if (stalled.test(text.slice(-4096))) stall()
    })
  const ended = new Promise<void>(resolve => {
    const end = (result: number | null) => {
      code = result ?? -1
      resolve()
    }
    child.on('error', () => end(-1))
    child.on('close', end)
  })
  return {text: () => text, code: () => code, stalled: hung, ended}
}

function lastLines(text: string, count: number): string {
  return text.trim().split('\n').slice(-count).join('\n')
}

function brief(script: string): string {
  const line = script.trim().split('\n')[0] ?? ''
  return line.length > 60 ? `${line.slice(0, 60)}…` : line
}
