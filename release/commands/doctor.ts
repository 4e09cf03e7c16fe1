import type {Run} from './command.ts'

/** This machine, or a cluster when one is named. */
export const run: Run = async (args, context) => {
  const cluster = args.text('kubeconfig') ?? args.text('context') ?? (args.flag('aws') || undefined)
  const {run: chosen} = await (cluster === undefined
    ? import('./doctor-machine.ts')
    : import('./doctor-cluster.ts'))
  return chosen(args, context)
}
