import type {Run} from './command.ts'

/** A plan as something to carry out, in the form that `--to` names. */
export const run: Run = async (args, context) => {
  const fleet = args.text('fleet')
  if (fleet !== undefined) return (await import('./emit-fleet.ts')).runFleet(fleet, args, context)
  const to = args.text('to')
  const file = to === 'git' || to === 'pr' ? await import('./emit-git.ts') : await import('./emit-files.ts')
  return file.run(args, context)
}
