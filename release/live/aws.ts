import {DiagnosticError} from '#lib/diagnostics.ts'
import type {Exec} from '../lib/effects.ts'
import {at, listAt, textAt} from '../lib/fields.ts'

/** A part of an EKS cluster, with what EKS itself finds wrong with it. */
export type EksPart = {
  readonly kind: 'cluster' | 'add-on' | 'node group'
  readonly name: string
  readonly version: string
  readonly status: string
  readonly issues: readonly string[]
}

export type Insight = {
  readonly name: string
  readonly category: string
  /** The minor that it is about, where there is one. */
  readonly kubernetes: string | undefined
  /** `PASSING`, `WARNING`, `ERROR`, `UNKNOWN` */
  readonly status: string
  readonly reason: string
}

export type Eks = {readonly parts: readonly EksPart[]; readonly insights: readonly Insight[]}

/** What EKS says of the cluster at this API server; `unseen` with the reason when it cannot be asked. */
export async function readEks(
  server: string,
  exec: Exec,
  signal?: AbortSignal,
): Promise<Eks | {readonly unseen: string}> {
  const region = /\.([a-z0-9-]+)\.eks\.amazonaws\.com/.exec(server)?.[1]
  const asked = region === undefined ? [] : ['--region', region]
  const aws = async (...words: string[]): Promise<unknown> => {
    const command = ['aws', 'eks', ...words, ...asked, '--output', 'json']
    const {code, stdout, stderr} = await exec.run(command, {timeout: 60_000, ...(signal ? {signal} : {})})
    if (code !== 0)
      throw new Refused(`aws eks ${words[0]}: ${stderr.toString().trim() || `exit code ${code}`}`)
    return JSON.parse(stdout.toString())
  }
  try {
    const cluster = await clusterAt(server, aws)
    const name = textAt(cluster, 'name')
    if (name === undefined)
      return {unseen: `no EKS cluster of this account and region has the endpoint ${server}`}
    return {
      parts: [partOf('cluster', cluster), ...(await partsOf(name, aws))],
      insights: await insightsOf(name, aws),
    }
  } catch (error) {
    if (error instanceof Refused || error instanceof DiagnosticError || error instanceof SyntaxError)
      return {unseen: error.message}
    throw error
  }
}

class Refused extends Error {}
type Aws = (...words: string[]) => Promise<unknown>

async function clusterAt(server: string, aws: Aws): Promise<unknown> {
  const names = listAt(await aws('list-clusters'), 'clusters').filter(name => typeof name === 'string')
  for (const name of names) {
    const cluster = at(await aws('describe-cluster', '--name', name), 'cluster')
    if (textAt(cluster, 'endpoint')?.toLowerCase() === server.toLowerCase()) return cluster
  }
  return undefined
}

async function partsOf(cluster: string, aws: Aws): Promise<EksPart[]> {
  const parts: EksPart[] = []
  const of = ['--cluster-name', cluster]
  for (const addon of listAt(await aws('list-addons', ...of), 'addons'))
    parts.push(
      partOf('add-on', at(await aws('describe-addon', ...of, '--addon-name', String(addon)), 'addon')),
    )
  for (const group of listAt(await aws('list-nodegroups', ...of), 'nodegroups')) {
    const described = await aws('describe-nodegroup', ...of, '--nodegroup-name', String(group))
    parts.push(partOf('node group', at(described, 'nodegroup')))
  }
  return parts
}

/** The three kinds name the same things a little differently. */
function partOf(kind: EksPart['kind'], described: unknown): EksPart {
  const first = (...names: string[]) => names.map(name => textAt(described, name)).find(Boolean) ?? ''
  return {
    kind,
    name: first('addonName', 'nodegroupName', 'name'),
    version: first('addonVersion', 'version'),
    status: first('status'),
    issues: listAt(described, 'health', 'issues').map(issue =>
      [textAt(issue, 'code'), textAt(issue, 'message')].filter(Boolean).join(': '),
    ),
  }
}

async function insightsOf(cluster: string, aws: Aws): Promise<Insight[]> {
  const answer = await aws('list-insights', '--cluster-name', cluster)
  return listAt(answer, 'insights').map(insight => ({
    name: textAt(insight, 'name') ?? '',
    category: textAt(insight, 'category') ?? '',
    kubernetes: textAt(insight, 'kubernetesVersion'),
    status: textAt(insight, 'insightStatus', 'status') ?? 'UNKNOWN',
    reason: textAt(insight, 'insightStatus', 'reason') ?? '',
  }))
}
