import {fail} from '#lib/diagnostics.ts'
import {toYaml} from '#lib/yaml-out.ts'
import {judgeNode} from '../doctor/node.ts'
import {type NodeReport, nodeScript, parseNodeFacts} from '../live/node.ts'
import {nodeJob} from '../live/node-job.ts'
import type {Args, Context, Run} from './command.ts'
import {findingsText} from './doctor-findings.ts'
import {type Paint, print, table} from './output.ts'
import {readGiven} from './read-files.ts'

/** 0 only when everything was seen and nothing is wrong. */
export const run: Run = async (args, context) => {
  const ways = ['ssh', 'job', 'facts'].filter(name => args.text(name) !== undefined)
  if (ways.length > 1)
    fail(
      {
        code: 'C005',
        message: `name one of ${ways.map(w => `--${w}`).join(' and ')}`,
        hint: 'facts come from one place',
      },
      2,
    )
  const kubeletRoot = args.text('kubelet-root') ?? '/var/lib/kubelet'
  const job = args.text('job')
  if (job !== undefined) {
    context.out(toYaml(nodeJob({node: job, kubeletRoot, image: args.text('image') ?? 'busybox'})))
    return 0
  }
  const node = await factsOf(args, kubeletRoot, context)
  const findings = judgeNode(node)
  print(context, {apiVersion: 'lockstep/doctor-node/v1', node, findings}, paint =>
    nodeText(node, paint, context.width).concat('\n', findingsText(findings, paint, context.width ?? 100)),
  )
  return findings.length === 0 ? 0 : 1
}

async function factsOf(args: Args, kubeletRoot: string, context: Context): Promise<NodeReport> {
  const file = args.text('facts')
  if (file === '-') return parseNodeFacts(await context.input(), 'standard input')
  if (file !== undefined) return parseNodeFacts((await readGiven(context, file)).toString(), file)
  const host = args.text('ssh')
  const where = host ?? 'this machine'
  const shell = host === undefined ? ['sh', '-s'] : ['ssh', host, 'sh', '-s']
  // Set by the script itself: ssh hands on no environment.
  const stdin = `KUBELET_ROOT='${kubeletRoot.replaceAll("'", '')}'\n${nodeScript}`
  const {code, stdout, stderr} = await context.exec.run(shell, {
    stdin,
    timeout: 60_000,
    signal: context.signal,
  })
  if (code !== 0 && stdout.length === 0)
    fail(
      {
        code: 'Z132',
        message: `${shell.join(' ')} ended with ${code}: ${stderr.toString().trim()}`,
        hint: 'try the same login by hand, or use --job',
      },
      3,
    )
  return parseNodeFacts(stdout.toString(), where)
}

function nodeText(node: NodeReport, paint: Paint, width?: number): string {
  const {kernel, selinux, runtimes, configuration, modules, devices, sockets, cdiFolders} = node
  const list = (texts: readonly string[]) => texts.join(', ') || 'none'
  const rows = [
    ['kernel', kernel ?? '?'],
    ['SELinux', selinux ?? '?'],
    ['runtime', list(runtimes.map(({name, version}) => `${name} ${version ?? '?'}`))],
    ['its configuration', list(configuration)],
    ['CDI folders', list(cdiFolders)],
    ['module', modules.includes('mock_accel') ? 'mock_accel' : modules.length > 0 ? 'none' : '?'],
    ['devices', list(devices)],
    ['registered', list(sockets)],
  ]
  return table(['WHAT', 'FOUND'], rows, paint, width)
}
