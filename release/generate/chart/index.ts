import {toYaml} from '#lib/yaml-out.ts'
import type {GeneratedFile} from '../file.ts'
import {mark, markedJson, markedText} from '../mark.ts'
import type {ChartData} from './data.ts'
import {policies, policyText} from './policies.ts'
import {readme, valuesPage} from './readme.ts'
import {schemaOf, valuesText} from './render-spec.ts'
import {chartValues, definitions} from './values.ts'

export {type ChartData, type ChartInput, chartData} from './data.ts'

/** The chart's folder, from the repository's root. */
export function chartRoot(data: ChartData): string {
  return `charts/${data.chart}`
}

/** What is generated of the chart, all but its templates, and the page of its values. */
export function chartFiles(data: ChartData): GeneratedFile[] {
  const values = chartValues(data)
  const root = chartRoot(data)
  return [
    {path: `${root}/Chart.yaml`, text: markedText(toYaml(chartYaml(data)))},
    {path: `${root}/values.yaml`, text: `${markedText('\n')}${valuesText(values)}`},
    {
      path: `${root}/values.schema.json`,
      text: markedJson({
        $schema: 'http://json-schema.org/draft-07/schema#',
        title: `Values of the ${data.chart} chart`,
        ...schemaOf(values),
        definitions,
      }),
    },
    {path: `${root}/README.md`, text: `<!-- ${mark()} -->\n${readme(data, values)}`},
    {path: 'docs/reference/chart-values.md', text: `<!-- ${mark()} -->\n${valuesPage(data, values)}`},
    ...Object.entries(policies(data.driver)).map(([name, spec]) => ({
      path: `${root}/files/policies/${name}.yaml`,
      text: policyText(spec),
    })),
    ...data.dockerfiles.map(({line, text}) => ({
      path: `${root}/files/dockerfiles/${line}.Dockerfile`,
      text: markedText(text),
    })),
  ]
}

/** Chart and app have one version, the release's; `created` stands in for the clock that `helm push` would ask. */
function chartYaml(data: ChartData): object {
  return {
    apiVersion: 'v2',
    name: data.chart,
    description: data.summary,
    type: 'application',
    version: data.version,
    appVersion: data.version,
    kubeVersion: data.kubernetes === undefined ? undefined : `>=${data.kubernetes}.0-0`,
    home: data.home,
    sources: [data.repository],
    keywords: ['dra', 'dynamic-resource-allocation', 'kernel-module', 'kmm', 'testing'],
    maintainers: data.contributors.map(c => ({
      name: c.name,
      url: c.handle === undefined ? undefined : `https://github.com/${c.handle}`,
    })),
    annotations: {
      'org.opencontainers.image.created': `${data.date}T00:00:00Z`,
      'artifacthub.io/license': data.license.split(' ')[0],
      'artifacthub.io/prerelease': String(data.prerelease),
      'artifacthub.io/links': toYaml(
        [
          {name: 'Documentation', url: data.documentation},
          {name: 'Issues', url: data.issues},
        ].filter(link => link.url !== undefined),
      ),
    },
  }
}
