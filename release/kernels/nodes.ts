/** Which kernels a fleet runs, from what people have at hand. */
import {fail} from '#lib/diagnostics.ts'

export type FleetNode = {
  /** Undefined in a plain list of kernels. */
  name?: string
  /** The raw name, as the node tells it. */
  kernel: string
  /** Kubernetes' word for the architecture, `amd64`. */
  arch?: string
}

/**
 * Reads `kubectl get nodes -o json` (a list or one node), or plain text: one `uname -r` name a line, or a
 * node's name and its kernel; `#` begins a comment.
 * @throws DiagnosticError K030
 */
export function parseNodes(text: string, file: string): FleetNode[] {
  return /^\s*[[{]/.test(text) ? nodesOfJson(text, file) : nodesOfLines(text, file)
}

function nodesOfLines(text: string, file: string): FleetNode[] {
  return text.split(/\r?\n/).flatMap((line, i): FleetNode[] => {
    const words = line.replace(/#.*$/, '').trim().split(/\s+/).filter(Boolean)
    const [first, second] = words
    if (first === undefined) return []
    if (words.length > 2 || !/^\d+\.\d/.test(second ?? first))
      notUnderstood(file, i + 1, `${JSON.stringify(line.trim())} is no kernel name`)
    return [second === undefined ? {kernel: first} : {name: first, kernel: second}]
  })
}

/** The few fields of a Kubernetes object that are looked at; nothing in them is believed. */
type Loose = {[key: string]: unknown}

function nodesOfJson(text: string, file: string): FleetNode[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    notUnderstood(file, 1, error instanceof Error ? error.message : String(error))
  }
  const list = Array.isArray(value)
    ? value
    : isLoose(value) && Array.isArray(value.items)
      ? value.items
      : [value]
  return list.map((item: unknown, i) => {
    const node: Loose = isLoose(item) ? item : {}
    const status = isLoose(node.status) ? node.status : {}
    const info = isLoose(status.nodeInfo) ? status.nodeInfo : {}
    const metadata = isLoose(node.metadata) ? node.metadata : {}
    const {kernelVersion, architecture} = info
    if (typeof kernelVersion !== 'string' || kernelVersion === '')
      notUnderstood(file, 1, `item ${i + 1} has no status.nodeInfo.kernelVersion`)
    return {
      ...(typeof metadata.name === 'string' ? {name: metadata.name} : {}),
      kernel: kernelVersion,
      ...(typeof architecture === 'string' ? {arch: architecture} : {}),
    }
  })
}

function isLoose(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function notUnderstood(file: string, line: number, message: string): never {
  fail(
    {
      code: 'K030',
      message,
      place: {file, line, col: 1},
      expected: 'the output of `kubectl get nodes -o json`, or one kernel name a line',
    },
    2,
  )
}
