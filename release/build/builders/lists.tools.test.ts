import {execFileSync} from 'node:child_process'
import {expect, test} from 'vitest'
import {parse} from 'yaml'
import {needTools} from '#testbed/needs.ts'
import {memoryFiles} from '../../effects/memory-files.ts'
import {buildSmall, smallComponents, smallImage} from '../testing.ts'

const tools = await needTools('helm3', 'helm4')
const chart = 'charts/mock-device'

test.skipIf(!tools)('the chart takes the pinned values, also with a private registry', async () => {
  const files = memoryFiles()
  const {plan} = await buildSmall(files, {components: [smallImage, ...smallComponents]})
  const values = files.tree.get(`/dist/release/values-digests-v${plan.version}.yaml`) as Buffer
  const {artifacts} = JSON.parse(String(files.tree.get('/dist/release/digests.json'))) as {
    artifacts: {id: string; digest: string}[]
  }
  const kernels = plan.artifacts.flatMap(({id, recipe}) =>
    recipe.kind === 'kmod-image' ? [{id, kernel: recipe.kernel}] : [],
  )
  const pinned = (repository: string) =>
    kernels.map(({id, kernel}) => ({
      literal: kernel,
      containerImage: `${repository}@${artifacts.find(a => a.id === id)?.digest}`,
    }))
  const rendered = (helm: string, template: string, ...sets: string[]) => {
    const given = [
      '--kube-version',
      '1.36.0',
      '-f',
      '-',
      '--set',
      ['kernelModule.enabled=true', ...sets].join(),
    ]
    const text = execFileSync(
      helm,
      ['template', 'mock-device', chart, '-s', `templates/${template}.yaml`, ...given],
      {
        input: values,
        encoding: 'utf8',
        env: {HOME: '/nowhere', PATH: ''},
      },
    )
    return parse(text).spec
  }
  const mappings = (helm: string, ...sets: string[]) =>
    rendered(helm, 'module', ...sets).moduleLoader.container.kernelMappings
  const driver = artifacts.find(a => a.id === 'image:mock-driver')?.digest
  expect(kernels).toHaveLength(2)
  for (const helm of [tools?.helm3 ?? '', tools?.helm4 ?? '']) {
    expect(mappings(helm)).toEqual(pinned(`${plan.registry}/mock-accel-module`))
    const [container] = rendered(helm, 'dra-driver').template.spec.containers
    expect(container.image).toBe(`${plan.registry}/mock-accel-dra-driver@${driver}`)
    const mirror = 'registry.example.com/mirror'
    const path = plan.registry.replace(/^[^/]*\//, '')
    expect(mappings(helm, `global.imageRegistry=${mirror}`)).toEqual(
      pinned(`${mirror}/${path}/mock-accel-module`),
    )
    expect(mappings(helm, 'kernelModule.image.repository=localhost:5000/module')).toEqual(
      pinned('localhost:5000/module'),
    )
  }
})
