import {expect, test} from 'vitest'
import {dra, limits} from '#lib/generated/device.ts'
import {configApiVersion, configKind, fields} from '../../../dra-driver/src/config/device-config.ts'
import {readOptions} from '../../../dra-driver/src/options.ts'
import {driverObjects} from './driver-objects.ts'
import {policies} from './policies.ts'
import {sampleData} from './testing.ts'

// What a release has, in place of the sample's own.
const words = {min: limits.WORDS_MIN, max: limits.WORDS_MAX}
const data = {...sampleData, driver: {...sampleData.driver, name: dra.driver, words}}
const objects = driverObjects(data)

test('the DaemonSet’s flags are the driver’s', () => {
  const found = objects.find(one => one.kind === 'DaemonSet') as
    | {spec?: {template: {spec: {containers: {args: string[]}[]}}}}
    | undefined
  const args = found?.spec?.template.spec.containers[0]?.args ?? []
  expect(readOptions(args, {NODE_NAME: 'node1'})).toMatchObject({
    node: 'node1',
    kubeletRoot: '/var/lib/kubelet',
    sysfsRoot: '/host/sys',
    devRoot: '/host/dev',
  })
})

test('the policy of parameters knows every field of the driver, and its limits', () => {
  const text = JSON.stringify(policies(data.driver)['claim-config'])
  for (const name of [...Object.keys(fields), configApiVersion, configKind]) expect(text).toContain(name)
  expect(text).toContain(`>= ${fields.passphraseLength.minimum}`)
  expect(text).toContain(`<= ${fields.passphraseLength.maximum}`)
})

test('the driver may write nothing but slices and events', () => {
  const role = objects.find(one => one.kind === 'ClusterRole') as unknown as {
    rules: {resources: string[]; verbs: string[]}[]
  }
  const writing = role.rules.filter(({verbs}) => verbs.some(verb => !['get', 'list', 'watch'].includes(verb)))
  expect(writing.flatMap(({resources}) => resources)).toEqual(['resourceslices', 'events'])
  expect(JSON.stringify(role.rules)).not.toContain('*')
})

test('no object of the driver changes its name or selector with the version', () => {
  const next = driverObjects({...data, version: '10.0.0'})
  const identity = ({kind, metadata, spec}: (typeof next)[number]) => [
    kind,
    metadata.name,
    (spec as {selector?: object} | undefined)?.selector,
  ]
  expect(next.map(identity)).toEqual(objects.map(identity))
})
