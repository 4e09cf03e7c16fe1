// biome-ignore-all lint/suspicious/noTemplateCurlyInString: KMM's own variables are written so
/** Small data for tests of chart and manifests; every feature once. */
import {execFile} from 'node:child_process'
import {cp, mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {parseAllDocuments} from 'yaml'
import {toYaml} from '#lib/yaml-out.ts'
import {type ChartData, chartFiles, chartRoot} from './index.ts'
import {type KubeObject, site} from './kube-object.ts'

const tag = 'v9.8.7-${KERNEL_FULL_VERSION}'

export const sampleData: ChartData = {
  chart: 'mock-device',
  version: '9.8.7',
  date: '2026-03-04',
  prerelease: false,
  title: 'Sample',
  summary: 'A sample: of "everything".',
  status: undefined,
  home: 'https://example.com/',
  repository: 'https://example.com/source',
  issues: 'https://example.com/issues',
  documentation: undefined,
  license: 'Apache-2.0 (and more)',
  contributors: [{name: 'Jane Doe', handle: 'jane', role: 'lead'}],
  registry: 'registry.test/owner',
  charts: 'registry.test/owner/charts',
  manifests: 'registry.test/owner/sample-manifests',
  kubernetes: '1.34',
  module: {
    repository: 'registry.test/owner/sample-module',
    object: 'sample',
    modprobe: 'sample',
    file: 'sample.ko',
    firmware: true,
  },
  driver: {
    repository: 'registry.test/owner/sample-dra-driver',
    name: 'mock-accel.example.com',
    classes: [
      {
        name: 'mock-accel-pf',
        meaning: 'A whole device',
        selector: 'device.driver == "mock-accel.example.com"',
      },
      {name: 'mock-accel-vf', meaning: 'A part', selector: 'device.attributes["a.test"].b == "vf"'},
    ],
    words: {min: 4, max: 12},
  },
  signing: {keySecret: 'key', certSecret: 'cert'},
  mappings: [
    {literal: '5.10.0-1', containerImage: 'registry.test/owner/old:v1'},
    {regexp: '^6\\.12\\.[0-9]+\\+deb13-amd64$', tag},
    {regexp: '^6\\.12\\.[0-9]+\\+deb13-cloud-amd64$', tag},
    {regexp: '^6\\.17\\.[0-9]+-[0-9]+\\.fc43\\.x86_64$', tag, dockerfile: 'fedora-43'},
  ],
  dockerfiles: [
    {
      line: 'fedora-43',
      text: 'FROM registry.test/fedora:43\nARG KERNEL_FULL_VERSION\nRUN echo "a: b" \\\n  && true\n',
    },
  ],
  planned: ['7.2.12+deb14-amd64'],
}

/** The repository's templates with everything else generated from `data`, in a folder that `remove` takes away. */
export async function sampleChart(data: ChartData): Promise<{chart: string; remove(): Promise<void>}> {
  const folder = await mkdtemp(join(tmpdir(), 'chart-'))
  const chart = join(folder, chartRoot(data))
  await cp(join(import.meta.dirname, '../../../charts/mock-device/templates'), join(chart, 'templates'), {
    recursive: true,
  })
  for (const {path, text} of chartFiles(data).filter(file => file.path.startsWith(chartRoot(data)))) {
    await mkdir(dirname(join(folder, path)), {recursive: true})
    await writeFile(join(folder, path), text)
  }
  return {chart, remove: () => rm(folder, {recursive: true, force: true})}
}

export type HelmResult = {code: number; stdout: string; stderr: string}

/** Runs Helm, with values where the command takes some; `kubeconfig` names a cluster, none otherwise. */
export function runHelm(
  program: string,
  args: readonly string[],
  values?: object,
  kubeconfig = '/nowhere/kubeconfig',
): Promise<HelmResult> {
  return new Promise(resolve => {
    const options = {env: {HOME: tmpdir(), PATH: '', KUBECONFIG: kubeconfig}, maxBuffer: 16 << 20}
    const child = execFile(
      program,
      [...args, ...(values ? ['-f', '-'] : [])],
      options,
      (error, stdout, stderr) => resolve({code: error ? 1 : 0, stdout, stderr}),
    )
    child.stdin?.end(toYaml(values ?? {}))
  })
}

/** `helm template` of a chart as deploy/ has it. */
export function template(program: string, chart: string, values: object): Promise<HelmResult> {
  return runHelm(
    program,
    ['template', site.release, chart, '-n', site.namespace, '--kube-version', '1.36.0'],
    values,
  )
}

/** The objects that are rendered, without the hooks of `helm test`. @throws Error with what Helm says */
export async function render(program: string, chart: string, values: object): Promise<KubeObject[]> {
  const {code, stdout, stderr} = await template(program, chart, values)
  if (code !== 0) throw new Error(stderr)
  const documents = parseAllDocuments(stdout)
  for (const error of documents.flatMap(document => document.errors)) throw error
  return documents
    .map(document => document.toJS() as KubeObject | null)
    .filter(object => object !== null)
    .filter(object => !object.metadata.annotations?.['helm.sh/hook'])
}

/** Objects in one order, whatever the order of their application. */
export function sorted(objects: readonly KubeObject[]): KubeObject[] {
  const name = ({kind, metadata}: KubeObject) => `${kind}/${metadata.name}`
  return [...objects].sort((a, b) => (name(a) < name(b) ? -1 : 1))
}
