import {resolve} from 'node:path'
import type {Kube} from '../lib/kube.ts'
import type {Args, Context} from './command.ts'

/**
 * The cluster that `--kubeconfig` and `--context` name, else the usual one, while the work goes on.
 * @throws DiagnosticError E060, E061
 */
export async function withCluster<T>(
  args: Args,
  context: Context,
  work: (kube: Kube) => Promise<T>,
): Promise<T> {
  const {openKube} = await import('../effects/kube/open.ts')
  const file = args.text('kubeconfig')
  const kube = await openKube({
    kubeconfig: file === undefined ? undefined : resolve(context.cwd, file),
    context: args.text('context'),
    env: context.env,
  })
  try {
    return await work(kube)
  } finally {
    kube.close()
  }
}
