import {type ChildProcess, spawn} from 'node:child_process'
import {isAbsolute} from 'node:path'
import {DiagnosticError} from '#lib/diagnostics.ts'
import type {ToolboxOptions, ToolboxResult, ToolboxRunOptions} from './types.ts'

/**
 * Runs in a fresh mount namespace, whose mounts end with the program. `$1` is the root, then `from to mode`
 * for each bind, `--`, the working folder, and the command.
 *
 * The root is read-only where the kernel lets us say so (an older mount in a user namespace may not): the
 * one root serves all. Only /tmp and /build can be written, and each run has its own.
 */
const script = `
set -eu
root=$1; shift
mount --rbind "$root" "$root"
for dir in proc sys dev; do mount --rbind "/$dir" "$root/$dir"; done
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o mode=755 build "$root/build"
mount -o remount,bind,ro "$root" 2>/dev/null || :
while [ "$1" != -- ]; do
  if [ -d "$1" ]; then mkdir -p "$root$2"
  elif [ ! -e "$root$2" ]; then mkdir -p "$root\${2%/*}"; : > "$root$2"; fi
  mount --rbind "$1" "$root$2"
  if [ "$3" = ro ]; then mount -o remount,bind,ro "$root$2"; fi
  shift 3
done
shift
dir=$1; shift
exec chroot "$root" /usr/bin/env -C "$dir" -- "$@"
`

/**
 * The host's command line that runs `command` inside the root. The program dies with this process, also
 * when this process is killed: a test's server must not outlive it.
 */
export function enterCommand(
  root: string,
  command: readonly string[],
  options: Pick<ToolboxOptions, 'cwd' | 'binds'> & {asRoot: boolean},
): string[] {
  const binds = options.binds ?? []
  for (const bind of binds)
    for (const path of [bind.from, bind.to])
      if (!isAbsolute(path)) throw new TypeError(`a bind needs absolute paths, not ${path}`)
  return [
    'setpriv',
    '--pdeathsig=KILL',
    'unshare',
    '--mount',
    ...(options.asRoot ? [] : ['--user', '--map-root-user']),
    '--propagation=private',
    'sh',
    '-c',
    script,
    'toolbox',
    root,
    ...binds.flatMap(bind => [bind.from, bind.to, bind.readonly ? 'ro' : 'rw']),
    '--',
    options.cwd ?? '/',
    ...command,
  ]
}

const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const environment = {PATH: path, HOME: '/tmp', LC_ALL: 'C.UTF-8', TZ: 'UTC'}

/** Starts a program inside the root, in a process group of its own. */
export function spawnInside(
  root: string,
  command: readonly string[],
  options: ToolboxOptions & {stdio?: 'pipe' | 'inherit' | 'ignore'} = {},
): ChildProcess {
  const [program = '', ...args] = enterCommand(root, command, {...options, asRoot: process.getuid?.() === 0})
  return spawn(program, args, {
    // The host's own PATH finds unshare and mount; the root's PATH is set for the program by `env`.
    env: {...environment, ...options.env},
    stdio: options.stdio ?? 'pipe',
    detached: true,
    ...(options.signal ? {signal: options.signal, killSignal: 'SIGKILL'} : {}),
  })
}

const mostOutput = 64 * 1024 * 1024

/**
 * Runs a program inside the root to its end.
 * @throws DiagnosticError T011, exit 3, when the root can't be entered or the time is over
 */
export function runInside(
  root: string,
  command: readonly string[],
  options: ToolboxRunOptions = {},
): Promise<ToolboxResult> {
  const child = spawnInside(root, command, options)
  const [stdout, stderr] = [
    collect(child.stdout, options.maxOutput),
    collect(child.stderr, options.maxOutput),
  ]
  child.stdin?.on('error', () => {})
  child.stdin?.end(options.stdin ?? '')
  let late = false
  const timer = options.timeout
    ? setTimeout(() => {
        late = true
        endGroup(child)
      }, options.timeout)
    : undefined
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code => {
      clearTimeout(timer)
      const result = {code: code ?? 137, stdout: stdout(), stderr: stderr()}
      if (late) reject(tooLate(command, options.timeout ?? 0, result))
      else if (cannotEnter(result)) reject(notEntered(result))
      else resolve(result)
    })
  })
}

/** Ends a program and all that it started. */
export function endGroup(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    if (child.pid) process.kill(-child.pid, signal)
  } catch {
    // It has ended by itself.
  }
}

function collect(stream: NodeJS.ReadableStream | null, most = mostOutput): () => Buffer {
  const chunks: Buffer[] = []
  let size = 0
  stream?.on('data', (chunk: Buffer) => {
    const room = most - size
    if (room > 0) chunks.push(chunk.subarray(0, room))
    size += chunk.length
  })
  return () => Buffer.concat(chunks)
}

/** unshare, mount and chroot say their name first; the program itself has not run then. */
const cannotEnter = (result: ToolboxResult) =>
  result.code !== 0 && /^(unshare|mount|setpriv|chroot): /.test(result.stderr.toString())

function problem(code: string, message: string, hint: string): DiagnosticError {
  return new DiagnosticError([{code, severity: 'error', message, hint}], 3)
}

function notEntered(result: ToolboxResult): DiagnosticError {
  return problem(
    'T011',
    `the toolbox root can't be entered: ${result.stderr.toString().trim()}`,
    'run as root, or allow user namespaces: sysctl kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu), user.max_user_namespaces=15000',
  )
}

function tooLate(command: readonly string[], timeout: number, result: ToolboxResult): DiagnosticError {
  const last = result.stderr.toString().trim().split('\n').slice(-5).join('\n')
  return problem(
    'T012',
    `${command[0]} did not end within ${timeout / 1000} s and was ended: ${last}`,
    'try again',
  )
}
