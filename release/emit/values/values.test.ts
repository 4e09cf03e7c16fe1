import {readdirSync, readFileSync, statSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {parse} from 'yaml'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {parseYaml} from '#lib/yaml.ts'
import {inflate} from './archive.ts'
import {chartValues, type Values} from './chart.ts'
import {checkValues} from './check.ts'
import {merged} from './schema.ts'

function filesBelow(root: string, below = ''): Map<string, string> {
  const files = new Map<string, string>()
  for (const name of readdirSync(join(root, below))) {
    const path = join(below, name)
    if (statSync(join(root, path)).isDirectory()) for (const [k, v] of filesBelow(root, path)) files.set(k, v)
    else files.set(path, readFileSync(join(root, path), 'utf8'))
  }
  return files
}

const own = chartValues(filesBelow('charts/mock-device'), 'charts/mock-device')

const chart = (version: string, values: string, templates: string, schema?: object) =>
  chartValues(
    new Map([
      ['Chart.yaml', `{name: app, version: ${version}, dependencies: [{name: postgres, alias: db}]}`],
      ['values.yaml', values],
      ['templates/all.yaml', templates],
      ...(schema ? [['values.schema.json', JSON.stringify(schema)] as const] : []),
    ]),
    'app',
  )

function check(text: string, against = own, before?: typeof own) {
  const {diagnostics, changed} = checkValues(
    parse(text, {version: '1.1'}) as Values,
    parseYaml(text, 'my.yaml'),
    against,
    before,
  )
  return {
    problems: diagnostics.map(({code, severity, place, hint}) => [
      code,
      severity,
      place?.line,
      place?.col,
      hint,
    ]),
    messages: diagnostics.map(d => d.message),
    changed,
  }
}

describe('with the schema of the real chart', () => {
  test('its own defaults and its own examples fit', () => {
    expect(check(readFileSync('charts/mock-device/values.yaml', 'utf8')).problems).toEqual([])
    expect(check('draDriver: {nodeSelector: {disk: ssd}}\ncommonLabels: {team: x}\n').problems).toEqual([])
  })

  test('every problem at its place, with the next step', () => {
    expect(
      check(
        'draDriver:\n  enabled: "perhaps"\n  nodeSelecter:\n    a: b\nkernelModule:\n  moduleName: my-accel\nreplicas: 3\n',
      ).problems,
    ).toEqual([
      ['J122', 'error', 2, 12, undefined],
      ['J120', 'error', 3, 3, 'did you mean nodeSelector?'],
      ['J121', 'warning', 6, 3, 'use kernelModule.name'],
      ['J120', 'error', 7, 1, 'remove it'],
    ])
  })

  test('values of the chart before are warned of, under either of its two DaemonSets', () => {
    expect(
      check('draDriver:\n  controller:\n    verbosity: 5\n    image: {pullPolicy: Always}\n').problems,
    ).toEqual([
      ['J121', 'warning', 3, 5, expect.stringContaining('draDriver.logLevel')],
      ['J121', 'warning', 4, 13, expect.stringContaining('draDriver.image.pullPolicy')],
    ])
  })

  test('yes and on are true, as they are to Helm', () => {
    expect(check('draDriver: {enabled: yes, hostNetwork: off}\n').problems).toEqual([])
  })
})

describe('without a schema the templates tell what is read', () => {
  const templates = `{{ .Values.image.tag }} {{- with .Values.affinity }}{{ toYaml . }}{{ end }} {{ .Values.hidden }}
{{ range $k, $v := .Values.env }}{{ end }} {{ index .Values "odd-key" "part" }} {{ toYaml .Values.resources | indent 2 }}
{{ .Values.extra }} {{ dig "deep" "er" "" .Values }}`
  const app = chart(
    '2.0.0',
    'image: {tag: "", repository: x}\naffinity: {a: b}\nenv: {A: b}\nresources: {limits: {}}\nextra: {}\n',
    templates,
  )

  test('what a template names, or takes as a whole, is alive', () => {
    const text =
      'image: {tag: a}\naffinity: {z: 1}\nenv: {B: c}\nresources: {requests: {cpu: 1}}\nextra: {any: thing}\nhidden: 1\n'
    expect(
      check(`${text}odd-key: {part: 1}\ndeep: {er: 1}\nglobal: {x: 1}\ndb: {user: me}\n`, app).problems,
    ).toEqual([])
  })

  test('what is read by a shorter name is alive, and only that', () => {
    const short = chart(
      '2.0.0',
      'sa: {create: true}\nweb: {port: 80}\ningress: {on: false}\n',
      `{{ (.Values.sa).name }} {{ ((.Values.sa).more).deep }} {{- $web := .Values.web -}} {{ $web.host }}
{{- with .Values.ingress }}{{ if .on }}{{ .class }}{{ end }}{{ .path }}{{ end }} {{ .outside }}`,
    )
    const alive = 'sa: {name: x, more: {deep: 1}}\nweb: {host: x}\ningress: {class: x, path: x}\n'
    expect(check(alive, short).messages).toEqual([])
    expect(check('sa: {other: x}\nweb: {other: x}\ningress: {outside: x}\n', short).messages).toEqual([
      'nothing in the chart reads sa.other',
      'nothing in the chart reads web.other',
      'nothing in the chart reads ingress.outside',
    ])
  })

  test('what nobody reads is dead, and a scalar in place of a map is ignored by Helm', () => {
    expect(check('image: {tagg: a}\nrepository: y\nenv: none\n', app).problems).toEqual([
      ['J120', 'error', 1, 9, 'did you mean image.tag?'],
      ['J120', 'error', 2, 1, 'did you mean image.repository?'],
      ['J122', 'error', 3, 1, undefined],
    ])
  })
})

describe('from one version to another', () => {
  const before = chart('1.0.0', 'port: 80\nreplicas: 1\nlog: info\nold: 1\n', '{{ .Values.old }}')
  const schema = {
    type: 'object',
    required: ['token'],
    properties: {service: {type: 'object'}, token: {type: 'string'}},
  }
  const after = chart(
    '2.0.0',
    'service: {port: 8080}\nreplicas: 2\nlog: info\n',
    '{{ .Values.token }}',
    schema,
  )

  test('gone, renamed, newly required, and defaults that are others', () => {
    const {problems, changed, messages} = check('port: 90\nold: 2\n', after, before)
    expect(problems).toEqual([
      ['J121', 'error', 1, 1, 'perhaps it is service.port now'],
      ['J123', 'error', 1, 1, expect.any(String)],
      ['J121', 'error', 2, 1, 'look for it in the release notes'],
    ])
    expect(messages[1]).toBe('token has to be given')
    expect(changed).toEqual([{path: 'replicas', from: 1, to: 2}])
  })

  test('a default that the site has settled itself is no news', () => {
    expect(check('token: x\nreplicas: 5\n', after, before)).toMatchObject({problems: [], changed: []})
  })
})

test('values are merged as Helm does it: maps into each other, null takes away', () => {
  expect(merged({a: {b: 1, c: 2}, l: [1]}, {a: {b: null, d: 3}, l: [2]})).toEqual({a: {c: 2, d: 3}, l: [2]})
})

test('what is no chart is refused', () => {
  const code = (work: () => unknown) => {
    try {
      return work()
    } catch (error) {
      return error instanceof DiagnosticError ? error.diagnostics[0]?.code : error
    }
  }
  expect(code(() => chartValues(new Map(), 'nowhere'))).toBe('J124')
  expect(code(() => inflate(Buffer.from('no gzip'), 'x.tgz'))).toBe('J124')
  expect(code(() => chart('1.0.0', 'a: [', ''))).toBe('J124')
  const schema = {$ref: 'https://example.com/other.json'}
  expect(code(() => check('a: 1\n', chart('1.0.0', 'a: 1', '', schema)))).toBe('J124')
})
