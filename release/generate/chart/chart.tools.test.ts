// biome-ignore-all lint/suspicious/noTemplateCurlyInString: KMM's own variables are written so
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {needTools} from '#testbed/needs.ts'
import type {KubeObject} from './kube-object.ts'
import {siteObjects, siteValues} from './objects.ts'
import {render as renderChart, runHelm, sampleChart, sampleData, sorted, template} from './testing.ts'

const tools = await needTools('helm3', 'helm4')

type Mapping = {literal?: string; regexp?: string; containerImage: string; build?: object; sign?: object}

describe.skipIf(!tools).each(['helm3', 'helm4'] as const)('the chart with %s', name => {
  let chart: string
  let remove: () => Promise<void>
  beforeAll(async () => {
    ;({chart, remove} = await sampleChart(sampleData))
  })
  afterAll(() => remove())

  const program = tools?.[name] ?? ''
  const render = (values: object) => renderChart(program, chart, values)
  const module = (values: object) => ({kernelModule: {enabled: true, ...values}})
  const mappingsOf = async (values: object): Promise<Mapping[]> => {
    const found = (await render(module(values))).find(o => o.kind === 'Module')
    const spec = found?.spec as {moduleLoader: {container: {kernelMappings: Mapping[]}}}
    return spec.moduleLoader.container.kernelMappings
  }
  const refusal = async (values: object) => {
    const {code, stderr} = await template(program, chart, values)
    expect(code).not.toBe(0)
    return stderr
  }

  test('passes lint, also strictly', async () => {
    const {code, stdout} = await runHelm(program, ['lint', '--strict', chart], siteValues)
    expect(code, stdout).toBe(0)
  })

  test('renders nothing without driver and module', async () => {
    expect(await render({draDriver: {enabled: false}})).toEqual([])
  })

  test('renders what deploy/rendered holds', async () => {
    const wanted = JSON.parse(JSON.stringify(siteObjects(sampleData))) as KubeObject[]
    expect(sorted(await render(siteValues))).toEqual(sorted(wanted))
  })

  test('everything switched on', async () => {
    const objects = await render({
      draDriver: {enabled: false},
      commonLabels: {team: 'a'},
      namespace: {
        create: true,
        name: 'elsewhere',
        labels: {'pod-security.kubernetes.io/enforce': 'baseline'},
      },
      ...module({
        imageRepoSecret: 'pull',
        registryTLS: {insecureSkipTLSVerify: true},
        tolerations: [{operator: 'Exists'}],
        orderedUpgrade: {enabled: true},
        firmware: {enabled: true},
        modprobe: {parameters: ['a=b'], args: {load: ['-v']}},
        build: {enabled: true, repository: 'registry.test/built', secrets: [{name: 's'}]},
        sign: {enabled: true, repository: 'registry.test/signed'},
        preflight: {enabled: true},
      }),
    })
    expect(objects.map(o => `${o.kind}/${o.metadata.name}`)).toEqual([
      'Namespace/elsewhere',
      'ConfigMap/mock-device-dockerfile-fedora-43',
      'Module/sample',
      'PreflightValidation/mock-device-7.2.12-deb14-amd64',
    ])
    for (const object of objects) expect(object.metadata.labels.team).toBe('a')
    const [namespace, dockerfile, kmod, preflight] = objects
    expect(namespace?.metadata.labels['pod-security.kubernetes.io/enforce']).toBe('baseline')
    expect(dockerfile?.data).toEqual({
      dockerfile: expect.stringContaining(sampleData.dockerfiles[0]?.text ?? '?'),
    })
    expect(preflight?.spec).toEqual({kernelVersion: '7.2.12+deb14-amd64', pushBuiltImage: false})
    expect(kmod?.spec).toMatchObject({
      imageRepoSecret: {name: 'pull'},
      tolerations: [{operator: 'Exists'}],
      moduleLoader: {
        container: {
          version: '9.8.7',
          registryTLS: {insecure: false, insecureSkipTLSVerify: true},
          modprobe: {parameters: ['a=b'], args: {load: ['-v']}, firmwarePath: '/firmware'},
        },
      },
    })
  })

  test('signed and built images go to their own repositories', async () => {
    const [old, debian, , fedora] = await mappingsOf({
      build: {enabled: true, repository: 'registry.test/built'},
      sign: {enabled: true, repository: 'registry.test/signed'},
    })
    const sign = {
      keySecret: {name: 'key'},
      certSecret: {name: 'cert'},
      filesToSign: ['/opt/lib/modules/*/sample.ko'],
    }
    const tag = 'v9.8.7-${KERNEL_FULL_VERSION}'
    expect(old?.sign).toBeUndefined()
    expect(debian).toMatchObject({
      containerImage: `registry.test/signed:${tag}`,
      sign: {...sign, unsignedImage: `registry.test/owner/sample-module:${tag}`},
    })
    expect(fedora).toMatchObject({
      containerImage: `registry.test/built:${tag}`,
      build: {dockerfileConfigMap: {name: 'mock-device-dockerfile-fedora-43'}},
      sign,
    })
  })

  test('a private registry flows into every mapping that names a tag or a digest', async () => {
    const digest = `sha256:${'a'.repeat(64)}`
    const values = {
      image: {repository: 'private.test:5000/mirror/module'},
      kernelMappingOverrides: [{literal: '6.12.1+deb13-amd64', digest}],
    }
    const images = (await mappingsOf(values)).map(m => m.containerImage)
    expect(images).toEqual([
      `private.test:5000/mirror/module@${digest}`,
      'registry.test/owner/old:v1',
      'private.test:5000/mirror/module:v9.8.7-${KERNEL_FULL_VERSION}',
      'private.test:5000/mirror/module:v9.8.7-${KERNEL_FULL_VERSION}',
    ])
  })

  test('global.imageRegistry replaces the host only', async () => {
    const objects = await render({global: {imageRegistry: 'private.test/mirror'}, ...module({})})
    expect(JSON.stringify(objects)).toContain('private.test/mirror/owner/sample-module:v9.8.7-')
    expect(JSON.stringify(objects)).not.toContain('registry.test/owner/sample-module')
  })

  test('extra mappings come last, overrides first, in-cluster builds only when asked for', async () => {
    const order = await mappingsOf({
      extraKernelMappings: [{literal: '6.1.0-1', containerImage: 'r.test/x:1'}],
      kernelMappingOverrides: [{regexp: '^6\\.12\\.', containerImage: 'r.test/x:2'}],
    })
    expect(order.map(m => m.literal ?? m.regexp)).toEqual([
      '^6\\.12\\.',
      '5.10.0-1',
      '^6\\.12\\.[0-9]+\\+deb13-amd64$',
      '^6\\.12\\.[0-9]+\\+deb13-cloud-amd64$',
      '6.1.0-1',
    ])
  })

  test('the default mappings can be left out', async () => {
    const extra = {literal: '6.1.0-1', containerImage: 'r.test/x:1'}
    expect(await mappingsOf({kernelMappings: [], extraKernelMappings: [extra]})).toEqual([extra])
    expect(await refusal(module({kernelMappings: []}))).toContain('no kernel is mapped')
  })

  const image = {containerImage: 'r.test/x:1'}
  test.each([
    ['the same literal', [{literal: '5.10.0-1', ...image}], 'kernelModule.kernelMappings[0]'],
    [
      'a literal behind a regexp',
      [{literal: '6.12.9+deb13-amd64', ...image}],
      'kernelModule.kernelMappings[1]',
    ],
    [
      'the same regexp',
      [{regexp: '^6\\.12\\.[0-9]+\\+deb13-amd64$', ...image}],
      'kernelModule.kernelMappings[1]',
    ],
    [
      'one extra behind another',
      [
        {regexp: '^7', ...image},
        {literal: '7.0', ...image},
      ],
      'kernelModule.extraKernelMappings[0]',
    ],
  ])('refuses %s, and says what hides it', async (_, extraKernelMappings, by) => {
    const message = await refusal(module({extraKernelMappings}))
    expect(message).toContain('is never reached')
    expect(message).toContain(by)
  })

  test.each([
    [
      'a regexp that Go refuses',
      module({extraKernelMappings: [{regexp: '(?=x)', ...image}]}),
      'error parsing regexp',
    ],
    [
      'a literal that KMM would trim',
      module({extraKernelMappings: [{literal: '6.1+', ...image}]}),
      'no node ever has',
    ],
    [
      'a Dockerfile that is not there',
      module({
        build: {enabled: true, repository: 'r.test/b'},
        extraKernelMappings: [{literal: 'x', tag: 'y', dockerfile: 'nope'}],
      }),
      'no Dockerfile nope',
    ],
    [
      'an in-cluster build that is switched off',
      module({extraKernelMappings: [{literal: 'x', tag: 'y', dockerfile: 'fedora-43'}]}),
      'build.enabled is false',
    ],
    ['building without a repository', module({build: {enabled: true}}), 'kernelModule.build.repository'],
    ['signing without a repository', module({sign: {enabled: true}}), 'kernelModule.sign.repository'],
    ['names that are too long for KMM', {...module({}), namespace: {name: 'n'.repeat(40)}}, 'allows 39'],
    ['one tag for all kernels', module({image: {tag: 'v0.1.0-fc43'}}), 'one image for every kernel'],
    ['an unknown value', module({enable: true}), 'enable'],
  ])('refuses %s', async (_, values, message) => {
    expect(await refusal(values)).toContain(message)
  })

  test('the earlier tag value is honoured when it follows the kernel', async () => {
    const [, debian] = await mappingsOf({image: {tag: 'mine-${KERNEL_FULL_VERSION}'}})
    expect(debian?.containerImage).toBe('registry.test/owner/sample-module:mine-${KERNEL_FULL_VERSION}')
  })

  test('labels stay labels when Flux appends a digest to the version', async () => {
    const odd = await sampleChart({...sampleData, version: '9.8.7+0123456789ab'})
    const objects = await renderChart(program, odd.chart, module({orderedUpgrade: {enabled: true}}))
    await odd.remove()
    for (const {metadata} of objects)
      for (const value of Object.values(metadata.labels))
        expect(value).toMatch(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/)
    const kmod = objects.find(o => o.kind === 'Module')
    expect(kmod?.metadata.labels['helm.sh/chart']).toBe('mock-device-9.8.7_0123456789ab')
  })
})
