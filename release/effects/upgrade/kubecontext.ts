import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {delimiter, join} from 'node:path'

type Env = Readonly<Record<string, string | undefined>>

/**
 * The environment in which kubectl, Helm, and whatever a line for a shell calls mean one context while the work goes on. A
 * file before all others in KUBECONFIG names it, since the first that says something wins
 * (https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/); an option could be given to
 * programs that are called by themselves alone.
 */
export async function withContext<T>(name: string, env: Env, work: (env: Env) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-context-'))
  try {
    const file = join(folder, 'config')
    await writeFile(file, `apiVersion: v1\nkind: Config\ncurrent-context: ${JSON.stringify(name)}\n`)
    const others = env.KUBECONFIG || join(env.HOME ?? '', '.kube/config')
    return await work({...env, KUBECONFIG: [file, others].join(delimiter), HELM_KUBECONTEXT: name})
  } finally {
    await rm(folder, {recursive: true, force: true})
  }
}
