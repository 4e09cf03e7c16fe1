/** Memory of a process as Kubernetes counts it, where this machine lets us make a control group; and as /proc does. */
import {accessSync, constants, existsSync, mkdirSync, readFileSync, rmdirSync} from 'node:fs'
import {join} from 'node:path'

/** MiB. `workingSet`: what the kubelet reports and evicts by, all memory without files that nobody used lately. */
export type Memory = {resident: number; anonymous: number; workingSet?: number}

export type Group = {
  /** The command in the group from its first moment on, so that all of its pages are counted. */
  wrap(command: readonly string[]): string[]
  memoryOf(pid: number): Memory
  remove(): void
}

const mib = 1024 * 1024
let made = 0

export function makeGroup(): Group {
  const path = groupPath()
  if (path) mkdirSync(path)
  return {
    wrap: command =>
      path ? ['sh', '-c', `echo $$ > ${path}/cgroup.procs && exec "$@"`, 'sh', ...command] : [...command],
    memoryOf(pid) {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8')
      const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024
      const memory = {resident: field('VmRSS'), anonymous: field('RssAnon')}
      return path ? {...memory, workingSet: workingSet(path)} : memory
    },
    remove() {
      if (path && existsSync(path)) rmdirSync(path)
    },
  }
}

/** Version 1 has a tree for memory; version 2 one for all, where memory has to be switched on. */
function groupPath(): string | undefined {
  const root = '/sys/fs/cgroup'
  const first = join(root, 'memory')
  const controllers = join(root, 'cgroup.subtree_control')
  const second = existsSync(controllers) && readFileSync(controllers, 'utf8').includes('memory')
  const parent = existsSync(join(first, 'memory.stat')) ? first : second ? root : undefined
  try {
    accessSync(parent ?? '', constants.W_OK)
  } catch {
    return undefined
  }
  return join(parent ?? '', `mock-device-bench-${process.pid}-${made++}`)
}

function workingSet(path: string): number {
  const number = (text: string) => Number(text.trim())
  const read = (name: string) => readFileSync(join(path, name), 'utf8')
  const inactive = (key: string) => Number(new RegExp(`^${key} (\\d+)`, 'm').exec(read('memory.stat'))?.[1])
  return existsSync(join(path, 'memory.current'))
    ? (number(read('memory.current')) - inactive('inactive_file')) / mib
    : (number(read('memory.usage_in_bytes')) - inactive('total_inactive_file')) / mib
}
