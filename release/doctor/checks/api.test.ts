import {describe, expect, test} from 'vitest'
import {found} from '../testing.ts'

describe('the API', () => {
  const crd = (stored: string[], more = {}) => ({
    metadata: {name: 'things.example.com'},
    spec: {
      versions: [
        {name: 'v1', served: true, storage: true},
        {name: 'v1beta1', served: true},
      ],
      ...more,
    },
    status: {storedVersions: stored},
  })

  test('stores objects in versions that a newer CRD may drop', async () => {
    expect(await found({crds: [crd(['v1'])]})).toEqual([])
    expect(await found({crds: [crd(['v1beta1', 'v1'])]})).toEqual([
      'Z030 warning crd things.example.com: storedVersions has v1beta1 beside v1',
    ])
    expect(await found({crds: [crd(['v1alpha1', 'v1'])]})).toEqual([
      'Z030 problem crd things.example.com: storedVersions has v1alpha1 beside v1; v1alpha1 is no longer served',
    ])
  })

  test('was asked for what the next minor no longer has', async () => {
    const use = (removed: string) =>
      `\napiserver_requested_deprecated_apis{group="g",removed_release="${removed}",resource="r",subresource="",version="v1beta1"} 1\n`
    expect(await found({}, {metrics: use('1.37')})).toEqual([
      'Z031 problem api g/v1beta1 r: was asked for since the API server started; Kubernetes 1.37 no longer has it',
    ])
    expect(await found({}, {metrics: use('1.38')})).toEqual([expect.stringContaining('Z031 warning')])
  })

  const service = {namespace: 'hooks', name: 'hook'}
  const webhook = (failurePolicy: string) => ({
    metadata: {name: 'guard'},
    webhooks: [
      {name: 'guard.example.com', failurePolicy, clientConfig: {service}, rules: [{resources: ['pods']}]},
    ],
  })
  const slice = (...ready: (boolean | undefined)[]) => ({
    metadata: {name: 's', namespace: 'hooks', labels: {'kubernetes.io/service-name': 'hook'}},
    endpoints: ready.map(r => ({conditions: r === undefined ? {} : {ready: r}})),
  })

  test('calls webhooks behind which nobody is', async () => {
    const what = 'calls the service hooks/hook, which has no ready endpoint'
    expect(await found({validating: [webhook('Fail')], endpointSlices: [slice(false)]})).toEqual([
      `Z090 problem validatingwebhookconfiguration guard: guard.example.com ${what}; refused meanwhile: pods`,
    ])
    expect(await found({mutating: [webhook('Ignore')]})).toEqual([
      expect.stringContaining('Z090 warning mutating'),
    ])
    expect(
      await found({validating: [webhook('Fail')], endpointSlices: [slice(false), slice(undefined)]}),
    ).toEqual([])
    const conversion = {conversion: {webhook: {clientConfig: {service}}}}
    expect(await found({crds: [crd(['v1'], conversion)]})).toEqual([
      expect.stringContaining('Z090 problem crd things'),
    ])
  })

  test('has aggregated parts that do not answer; local ones need nobody', async () => {
    const status = {conditions: [{type: 'Available', status: 'False', message: 'no endpoints'}]}
    const apiServices = [
      {metadata: {name: 'v1.metrics'}, spec: {service}, status},
      {metadata: {name: 'v1.apps'}, spec: {}},
    ]
    expect(await found({apiServices})).toEqual(['Z091 problem apiservice v1.metrics: no endpoints'])
  })
})
