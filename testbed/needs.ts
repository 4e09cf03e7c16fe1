import {existsSync} from 'node:fs'
import {delimiter, join} from 'node:path'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {type PythonSet, pythonPackages} from './tools/python.ts'
import {tool} from './tools/tool.ts'
import type {ToolName} from './tools/tools.ts'

/**
 * The paths of tools that a test file needs, or undefined, said loudly by name, when this machine can't have
 * them: `describe.skipIf(!tools)`. With CI=true that is an error, because a skipped proof is none.
 */
export async function needTools<Name extends ToolName>(
  ...names: Name[]
): Promise<Record<Name, string> | undefined> {
  return need(names, tool)
}

/** The same for the folders of Python packages. */
export async function needPython<Name extends PythonSet>(
  ...names: Name[]
): Promise<Record<Name, string> | undefined> {
  return need(names, pythonPackages)
}

async function need<Name extends string>(
  names: readonly Name[],
  get: (name: Name) => Promise<string>,
): Promise<Record<Name, string> | undefined> {
  try {
    const paths: [Name, string][] = []
    for (const name of names) paths.push([name, await get(name)])
    return Object.fromEntries(paths) as Record<Name, string>
  } catch (error) {
    if (!(error instanceof DiagnosticError) || process.env.CI === 'true') throw error
    console.warn(`SKIPPED, needs ${names.join(', ')}: ${error.message}`)
    return undefined
  }
}

/**
 * The path of the first of these programs that this machine has, for what the test bed cannot bring itself; undefined, said
 * loudly by name, when it has none. Who has CI=true has to have it.
 */
export function programOf(...names: readonly string[]): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const found = names.flatMap(name => folders.map(folder => join(folder, name))).find(existsSync)
  if (found !== undefined) return found
  const words = `needs ${names.join(' or ')} on this machine`
  if (process.env.CI === 'true') throw new Error(words)
  console.warn(`SKIPPED, ${words}`)
  return undefined
}
