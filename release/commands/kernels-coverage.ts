import {resolve} from 'node:path'
import {fail} from '#lib/diagnostics.ts'
import {type Coverage, type CoverageRow, coverage} from '../kernels/coverage.ts'
import {type FleetNode, parseNodes} from '../kernels/nodes.ts'
import type {Args, Context, Run} from './command.ts'
import {coverageInput} from './kernels-inputs.ts'
import {count, type Paint, print, table} from './output.ts'
import {loadWorkspace} from './workspace.ts'

export const run: Run = async (args, context) => {
  const workspace = await loadWorkspace(context)
  const nodes = await fleetOf(args, context)
  const found = await coverage({...(await coverageInput(workspace, args, context)), nodes})
  const {exit, ...result} = found
  print(context, result, paint => coverageText(found, paint, context.width))
  return exit
}

async function fleetOf(args: Args, context: Context): Promise<FleetNode[]> {
  const file = args.text('nodes')
  if ((file === undefined) !== args.flag('live'))
    fail(
      {code: 'C005', message: 'name one of --nodes FILE and --live', hint: 'a fleet comes from one place'},
      2,
    )
  if (file === undefined) return liveNodes(context)
  const text = await context.files.read(file === '-' ? '/dev/stdin' : resolve(context.cwd, file))
  return parseNodes(text.toString(), file)
}

/** The nodes of the cluster that kubectl speaks to. */
async function liveNodes({exec, signal}: Context): Promise<FleetNode[]> {
  const command = ['kubectl', 'get', 'nodes', '-o', 'json']
  const {code, stdout, stderr} = await exec.run(command, {signal, timeout: 60_000})
  if (code === 0) return parseNodes(stdout.toString(), command.join(' '))
  fail(
    {
      code: 'C017',
      message: `kubectl could not list the nodes: ${stderr.toString().trim() || `exit code ${code}`}`,
      hint: 'try `kubectl get nodes`; KUBECONFIG names the cluster',
    },
    3,
  )
}

function coverageText({rows, summary}: Coverage, paint: Paint, width: number | undefined): string {
  const tones = {yes: 'green', no: 'red', unknown: 'yellow'} as const
  const cells = rows.map(r => [paint(tones[r.covered], r.covered), String(r.count), r.kernel, tellOf(r)])
  const {kernels, nodes, yes, no, unknown} = summary
  const end = `${count(kernels, 'kernel')} on ${count(nodes, 'node')}: ${yes} covered, ${no} not, ${unknown} unknown`
  return `${table(['COVERED', 'NODES', 'KERNEL', 'WHY'], cells, paint, width)}\n${end}\n`
}

function tellOf({reason, mapping, tag}: CoverageRow): string {
  const by = mapping ? ` (mapping ${mapping.index + 1}: ${mapping.text}${tag ? `, tag ${tag}` : ''})` : ''
  return `${reason}${by}`
}
