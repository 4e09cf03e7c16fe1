import {judgeEks} from '../doctor/eks.ts'
import {examine, type Report, sortFindings} from '../doctor/examine.ts'
import {readEks} from '../live/aws.ts'
import {readCluster, type Snapshot} from '../live/read.ts'
import type {Context, Run} from './command.ts'
import {findingsText} from './doctor-findings.ts'
import {withCluster} from './live-cluster.ts'
import {count, type Paint, paragraph, print, table} from './output.ts'
import {loadMatrixValue} from './workspace.ts'

/** 0 only when everything was seen and nothing is wrong. */
export const run: Run = async (args, context) => {
  const matrix = await loadMatrixValue(context)
  const snapshot = await withCluster(args, context, async kube => {
    const task = context.progress.task(`read ${kube.server}`)
    try {
      const read = await readCluster(kube)
      task.done(sizeText(read))
      return read
    } catch (error) {
      task.failed()
      throw error
    }
  })
  const report = await examine(snapshot, {matrix, now: new Date()})
  const whole = args.flag('aws') ? await withEks(report, context) : report
  print(context, whole, paint => reportText(whole, snapshot, paint, context.width))
  return whole.findings.length === 0 ? 0 : 1
}

async function withEks(report: Report, {exec, signal}: Context): Promise<Report> {
  const findings = judgeEks(await readEks(report.server, exec, signal))
  return {...report, findings: sortFindings([...report.findings, ...findings])}
}

function sizeText({nodes, pods}: Snapshot): string {
  const size = (list: Snapshot['nodes'] | Snapshot['pods'], noun: string) =>
    list.state === 'seen' ? count(list.items.length, noun) : `${noun}s unseen`
  return `${size(nodes, 'node')}, ${size(pods, 'pod')}`
}

function reportText(report: Report, snapshot: Snapshot, paint: Paint, width = 100): string {
  const {server, versions, findings, checks} = report
  const rows = versions.running.map(({component, instance, version, where}) => [
    `${component}${instance === undefined ? '' : `@${instance}`}`,
    version,
    where,
  ])
  const unseen =
    versions.unseen.length === 0 ? '' : paragraph(`not seen here: ${versions.unseen.join(', ')}`, {width})
  const absent = checks.filter(check => check.state === 'absent').map(check => check.name)
  const nothing =
    absent.length === 0 ? '' : paragraph(`nothing there to judge: ${absent.join(', ')}`, {width})
  return [
    `${server}: ${sizeText(snapshot)}\n`,
    `${table(['COMPONENT', 'VERSION', 'WHERE'], rows, paint, width)}${unseen}`,
    findingsText(findings, paint, width),
    nothing,
  ]
    .filter(Boolean)
    .join('\n')
}
