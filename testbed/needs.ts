import {DiagnosticError} from '#lib/diagnostics.ts'
import {tool} from './tools/tool.ts'
import type {ToolName} from './tools/tools.ts'

/**
 * The paths of tools that a test file needs, or undefined, said loudly by name, when this machine can't have
 * them: `describe.skipIf(!tools)`. With CI=true that is an error, because a skipped proof is none.
 */
export async function needTools<Name extends ToolName>(
  ...names: Name[]
): Promise<Record<Name, string> | undefined> {
  try {
    const paths: [Name, string][] = []
    for (const name of names) paths.push([name, await tool(name)])
    return Object.fromEntries(paths) as Record<Name, string>
  } catch (error) {
    if (!(error instanceof DiagnosticError) || process.env.CI === 'true') throw error
    console.warn(`SKIPPED, needs ${names.join(', ')}: ${error.message}`)
    return undefined
  }
}
