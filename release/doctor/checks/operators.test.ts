import {describe, expect, test} from 'vitest'
import {deployment} from '../../live/testing.ts'
import {ago, found, now, report} from '../testing.ts'

describe('Helm', () => {
  const revision = (version: number, status: string, age: number) => ({
    metadata: {
      name: `sh.helm.release.v1.app.v${version}`,
      namespace: 'team',
      labels: {
        owner: 'helm',
        name: 'app',
        version: String(version),
        status,
        // As Helm's own storage writes them.
        [status.startsWith('pending-') ? 'createdAt' : 'modifiedAt']: String(now.getTime() / 1000 - age),
      },
    },
  })

  test('is stuck in a change that nobody makes any more, with the way back', async () => {
    const revisions = [
      revision(10, 'pending-upgrade', 7200),
      revision(9, 'failed', 9000),
      revision(8, 'superseded', 9999),
    ]
    const {findings} = await report({helmRevisions: revisions})
    expect(findings).toMatchObject([
      {
        ...{code: 'Z050', level: 'problem', about: 'helm release team/app'},
        what: 'revision 10 has been pending-upgrade for 2 hours',
        todo: expect.stringContaining('helm rollback app 8 --namespace team'),
      },
    ])
  })

  test('of a first install there is nothing to go back to; a young change may be under way; a failed one is told', async () => {
    const {findings} = await report({helmRevisions: [revision(1, 'pending-install', 7200)]})
    expect(findings[0]?.todo).toContain('helm uninstall app')
    expect(await found({helmRevisions: [revision(1, 'pending-install', 30)]})).toEqual([
      expect.stringContaining('Z050 warning'),
    ])
    expect(await found({helmRevisions: [revision(2, 'failed', 30), revision(1, 'deployed', 40)]})).toEqual([
      'Z051 warning helm release team/app: revision 2 is failed',
    ])
    expect(await found({helmRevisions: [revision(2, 'deployed', 30), revision(1, 'failed', 40)]})).toEqual([])
  })
})

describe('KubeVirt and cert-manager', () => {
  const place = (name: string) => ({name, namespace: 'vms'})

  test('are rolling out, or not up', async () => {
    const kubeVirt = {
      phase: 'Deploying',
      observedKubeVirtVersion: 'v1.8.2',
      targetKubeVirtVersion: 'v1.8.3',
      conditions: [{type: 'Degraded', status: 'True'}],
    }
    const labels = {'app.kubernetes.io/name': 'webhook', 'app.kubernetes.io/part-of': 'cert-manager'}
    expect(
      await found({
        kubeVirts: [{metadata: place('kv'), status: kubeVirt}],
        deployments: [
          deployment('cm-webhook', 'x:1', {labels, available: 0}),
          deployment('mine', 'x:1', {available: 0}),
          deployment('virt-operator', 'x:1', {namespace: 'kubevirt', available: 0}),
        ],
        statefulSets: [deployment('argocd-application-controller', 'x:1', {available: 0})],
      }),
    ).toEqual([
      'Z070 problem kubevirt vms/kv: its phase is Deploying; it is degraded; it is on the way from v1.8.2 to v1.8.3',
      'Z080 problem deployment kubevirt/virt-operator: 0 of 1 pods are available',
      'Z080 problem deployment system/cm-webhook: 0 of 1 pods are available',
      'Z080 problem statefulset system/argocd-application-controller: 0 of 1 pods are available',
    ])
  })

  test('have machines with old launchers, and migrations under way', async () => {
    const labels = {'kubevirt.io/outdatedLauncherImage': ''}
    const fixed = {conditions: [{type: 'LiveMigratable', status: 'False'}]}
    const migration = (name: string, phase: string) => ({
      metadata: {...place(name), creationTimestamp: ago(300)},
      spec: {vmiName: 'a'},
      status: {phase},
    })
    const outdated = {
      kubeVirts: [{metadata: place('kv'), status: {phase: 'Deployed'}}],
      vmis: [
        {metadata: {...place('a'), labels}},
        {metadata: {...place('b'), labels}, status: fixed},
        {metadata: place('c')},
      ],
      migrations: [migration('m1', 'Running'), migration('m2', 'Succeeded')],
    }
    expect(await found(outdated)).toEqual([
      'Z071 warning virtual machines: 2: vms/a, vms/b; cannot migrate: vms/b; KubeVirt is told to update none (workloadUpdateMethods is empty)',
      'Z072 warning virtualmachineinstancemigration vms/m1: a has been Running for 5 minutes',
    ])
  })

  test('have certificates that are not ready, or at their end', async () => {
    const certificate = (name: string, status: string, notAfter: string) => ({
      metadata: place(name),
      status: {notAfter, conditions: [{type: 'Ready', status, message: 'no issuer'}]},
    })
    const certificates = [
      certificate('good', 'True', '2027-01-01T00:00:00Z'),
      certificate('none', 'False', '2027-01-01T00:00:00Z'),
      certificate('old', 'True', ago(7200)),
    ]
    expect(await found({certificates})).toEqual([
      'Z081 problem certificate vms/none: no issuer',
      `Z081 problem certificate vms/old: ended 2 hours ago, on ${ago(7200)}`,
    ])
  })
})
