import {fail} from '#lib/diagnostics.ts'
import {type Coverage, type CoverageRow, coverage} from '../kernels/coverage.ts'
import {type FleetNode, parseNodes} from '../kernels/nodes.ts'
import type {Args, Context, Run} from './command.ts'
import {coverageInput} from './kernels-inputs.ts'
import {count, type Paint, paragraph, print} from './output.ts'
import {readGiven} from './read-files.ts'
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
  if (file === '-') return parseNodes(await context.input(), 'standard input')
  return parseNodes((await readGiven(context, file)).toString(), file)
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

const tones = {yes: 'green', no: 'red', unknown: 'yellow'} as const

function coverageText({rows, summary}: Coverage, paint: Paint, width = 80): string {
  const {kernels, nodes, yes, no, unknown} = summary
  const end = `${count(kernels, 'kernel')} on ${count(nodes, 'node')}: ${yes} covered, ${no} not, ${unknown} unknown`
  return `${rows.map(row => rowText(row, paint, width)).join('')}\n${end}\n`
}

function rowText(row: CoverageRow, paint: Paint, width: number): string {
  const {covered, kernel, mapping, image, reason} = row
  const head = `${paint(tones[covered], covered.padEnd(7))} ${paint('bold', kernel)} on ${nodesText(row)}\n`
  const lines = [
    ...(mapping ? [`mapping ${mapping.index + 1}, ${mapping.text}`] : []),
    ...(image ? [image] : []),
    reason.replace(image ?? '\0', 'the image').replace('the image the image', 'the image'),
  ]
  return `${head}${lines.map(text => paragraph(text, {width, indent: 8})).join('')}`
}

/** `3 nodes: a, b, c`; a large fleet's names stay in the JSON. */
function nodesText({count: number, nodes}: CoverageRow): string {
  const named = nodes.length > 3 ? `${nodes.slice(0, 3).join(', ')}, …` : nodes.join(', ')
  return `${count(number, 'node')}${named ? `: ${named}` : ''}`
}
