import {resolve} from 'node:path'
import {fail} from '#lib/diagnostics.ts'
import type {UpgradePlan} from '../upgrade/plan.ts'
import {readPlan} from '../upgrade/plan-file.ts'
import type {Context} from './command.ts'

/**
 * The plan in a file, or in standard input for `-`.
 * @throws DiagnosticError J110 no such file, J011 and J012 no plan; exit 2
 */
export async function planInput(file: string, context: Context): Promise<UpgradePlan> {
  if (file === '-') return readPlan(await context.input(), 'standard input')
  const bytes = await context.files.read(resolve(context.cwd, file)).catch((cause: unknown) =>
    fail(
      {
        code: 'J110',
        message: `there is no plan at ${file}`,
        hint: '`lockstep upgrade plan … -o json > plan.json` writes one',
      },
      2,
      {cause},
    ),
  )
  return readPlan(new TextDecoder().decode(bytes), file)
}
