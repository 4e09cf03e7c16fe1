import {DiagnosticError} from '#lib/diagnostics.ts'
import {type Choice, mappingChooser} from '../../kernels/kmm.ts'
import type {KmmModule, NodeFacts} from '../../live/facts.ts'
import {itemsOf} from '../../live/read.ts'
import {type Finding, finding, some} from '../finding.ts'
import type {Check} from './check.ts'

export const moduleChecks: readonly Check[] = [
  {
    name: 'kernel mappings',
    needs: ['kmmModules', 'nodes'],
    judge: async ({snapshot}) => {
      const nodes = itemsOf(snapshot.nodes)
      const found = itemsOf(snapshot.kmmModules).map(module => judgeModule(module, nodes))
      return (await Promise.all(found)).flat()
    },
  },
]

/** By KMM's own choice (release/kernels/kmm.ts), since KMM says nothing of nodes that it passes over. */
async function judgeModule(module: KmmModule, nodes: readonly NodeFacts[]): Promise<Finding[]> {
  if (module.mappings.length === 0) return []
  const {namespace, name} = module
  const about = `module ${namespace}/${name}`
  const selected = nodes.filter(node =>
    Object.entries(module.selector).every(([key, value]) => node.labels[key] === value),
  )
  let choose: (kernel: string) => Choice | undefined
  try {
    choose = await mappingChooser(module.mappings, {name, namespace})
  } catch (error) {
    return [finding('Z061', about, messageOf(error))]
  }
  const kernels = [...Map.groupBy(selected, node => node.kernel)].sort(([a], [b]) => (a < b ? -1 : 1))
  return kernels.flatMap(([kernel, of]) => {
    const names = some(of.map(node => node.name))
    try {
      const chosen = choose(kernel)
      return chosen
        ? notLoaded(module, kernel, of, chosen)
        : [finding('Z060', about, `no mapping takes ${kernel}, which runs on ${names}`)]
    } catch (error) {
      return [finding('Z061', about, `${messageOf(error)} (for ${kernel}, which runs on ${names})`)]
    }
  })
}

/** KMM's label on a node where the module is loaded. */
function notLoaded(
  {namespace, name}: KmmModule,
  kernel: string,
  nodes: readonly NodeFacts[],
  {image}: Choice,
): Finding[] {
  const label = `kmm.node.kubernetes.io/${namespace}.${name}.ready`
  const waiting = nodes.filter(node => node.ready === 'True' && node.labels[label] === undefined)
  if (waiting.length === 0) return []
  const names = some(waiting.map(node => node.name))
  return [
    finding(
      'Z062',
      `module ${namespace}/${name}`,
      `not loaded on ${names} (${kernel}); its image is ${image}`,
      {
        todo: `kubectl -n ${namespace} get events; kubectl get nodemodulesconfigs ${waiting[0]?.name} -o yaml; lockstep doctor node on the node`,
      },
    ),
  ]
}

function messageOf(error: unknown): string {
  if (!(error instanceof DiagnosticError)) throw error
  return error.diagnostics.map(d => d.message).join('; ')
}
