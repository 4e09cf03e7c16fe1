// biome-ignore-all lint/suspicious/noTemplateCurlyInString: KMM's own variables are written so
/** Small data for tests of chart and manifests; every feature once. */
import {cp, mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {type ChartData, chartFiles, chartRoot} from './index.ts'

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
  kubernetes: '1.34',
  module: {
    repository: 'registry.test/owner/sample-module',
    object: 'sample',
    modprobe: 'sample',
    file: 'sample.ko',
    firmware: true,
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
  for (const {path, text} of chartFiles(data)) {
    await mkdir(dirname(join(folder, path)), {recursive: true})
    await writeFile(join(folder, path), text)
  }
  return {chart, remove: () => rm(folder, {recursive: true, force: true})}
}
