import {readFileSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import {planUpgrade} from './plan.ts'
import {matrixOf, request, told} from './testing.ts'

/*
 * Every procedure that people had written down before there was a matrix, as it is planned now. What is expected is
 * written by hand from those documents, with what is wrong in them put right; see the reasons in the matrices.
 */

const read = (name: string) =>
  matrixOf(readFileSync(new URL(`../../matrix/${name}.yaml`, import.meta.url), 'utf8'))
const matrices = {
  mlops: read('mlops-platform'),
  kubevirt: read('kubevirt'),
  device: read('mock-device'),
}

function hop(product: keyof typeof matrices, versions: Record<string, string>, number = 1) {
  const {plan, explanation} = planUpgrade(request(matrices[product], versions))
  const found = plan?.hops[number - 1]
  if (!found) throw new Error(JSON.stringify(explanation))
  return {steps: found.steps.map(told), rollback: found.rollback.map(told), kind: found.reversible.kind}
}

describe('the MLOps platform', () => {
  test('the control plane: asked before, then raised; back within days, what hangs on it first', () => {
    expect(hop('mlops', {eks: '1.34..1.35'})).toEqual({
      kind: 'until',
      steps: [
        'before aws eks describe-cluster',
        'before eks-insights UPGRADE_READINESS',
        'before aws eks describe-addon-versions',
        'before kubectl get pdb',
        'change eks-cluster-version 1.35',
        'verify kubectl version -o',
        'verify kubectl get pods',
      ],
      rollback: [
        'change aws eks list-nodegroups',
        'change eks-insights ROLLBACK_READINESS',
        'change eks-cluster-version 1.34',
      ],
    })
  })

  test('node groups and add-ons follow only when they are told to', () => {
    expect(hop('mlops', {eks: '1.35', 'kubelet@gpu': '1.34..1.35'})).toEqual({
      kind: 'always',
      steps: ['change eks-nodegroup gpu 1.35', 'verify kubectl get nodes'],
      rollback: ['change eks-nodegroup gpu 1.34'],
    })
    const addon = (name: string, move: string) => hop('mlops', {eks: '1.35', [name]: move}).steps
    expect(addon('vpc-cni', '1.20.0..1.21.0')).toEqual(['change eks-addon vpc-cni v1.21.0'])
    expect(addon('coredns', '1.11..1.12')).toEqual(['change eks-addon coredns v1.12'])
    expect(addon('kube-proxy', '1.34..1.35')).toEqual(['change eks-addon kube-proxy v1.35'])
  })

  test('Karpenter: the CRDs before the controller, and back the other way round', () => {
    expect(hop('mlops', {karpenter: '1.6.0..1.7.x', 'karpenter-crd': '1.6.0'})).toEqual({
      kind: 'always',
      steps: [
        'backup kubectl-backup nodepools ec2nodeclasses karpenter-backup-{{run}}.yaml',
        'change set karpenter-crd 1.7.6',
        'change set karpenter 1.7.6',
        'wait kubectl-wait deployment/karpenter',
        'verify kubectl get nodepools, kubectl get nodeclaims',
      ],
      rollback: ['change helm-rollback karpenter 1.6.0', 'change helm-rollback karpenter-crd 1.6.0'],
    })
  })

  test('KServe: before the split of its chart, over it, and after it', () => {
    const backup = 'backup kubectl-backup inferenceservices inferenceservices-backup-{{run}}.yaml'
    const verify = 'verify kubectl get inferenceservices'
    const kept = 'change kubectl-apply inferenceservices-backup-{{run}}.yaml'
    expect(hop('mlops', {eks: '1.32', kserve: '0.15.2..0.16.0'})).toEqual({
      kind: 'always',
      steps: [backup, 'change set kserve-crd v0.16.0', 'change set kserve v0.16.0', verify],
      rollback: ['change helm-rollback kserve v0.15.2', kept],
    })
    const charts = (version: string) =>
      ['kserve-crd', 'kserve-resources', 'kserve-runtime-configs'].map(
        chart => `change set ${chart} ${version}`,
      )
    const [crds = '', ...others] = charts('v0.17.1')
    expect(hop('mlops', {eks: '1.34', kserve: '0.16.0..0.18.x'}, 1)).toEqual({
      kind: 'always',
      steps: [
        'before kubectl-delete clusterrolebinding/llmisvc-manager-rolebinding',
        backup,
        'backup helm get values',
        crds,
        // Helm lets no release take over the objects of another.
        'change helm-uninstall kserve',
        ...others,
        verify,
      ],
      rollback: [
        'change helm-uninstall kserve-runtime-configs',
        'change helm-uninstall kserve-resources',
        'change helm-rollback kserve-crd v0.16.0',
        'change helm-upgrade kserve v0.16.0 kserve-values-{{run}}.yaml',
        kept,
      ],
    })
    expect(hop('mlops', {eks: '1.34', kserve: '0.16.0..0.18.x'}, 2)).toEqual({
      kind: 'always',
      steps: [backup, ...charts('v0.18.1'), verify],
      rollback: [
        'change helm-rollback kserve-runtime-configs v0.17.1',
        'change helm-rollback kserve-resources v0.17.1',
        'change helm-rollback kserve-crd v0.17.1',
        kept,
      ],
    })
  })

  test('MLflow: a snapshot, the migration, and only then the server; back by the snapshot', () => {
    expect(hop('mlops', {mlflow: '2.9.2..3.17.2'})).toEqual({
      kind: 'only-if',
      steps: [
        'before kubectl-scale deployment/mlflow',
        'backup rds-snapshot',
        'change job ghcr.io/mlflow/mlflow:v3.17.2',
        'change set ghcr.io/mlflow/mlflow v3.17.2',
        'change kubectl-scale deployment/mlflow',
        'wait kubectl-wait deployment/mlflow',
        'verify probe http://mlflow.mlops.svc.cluster.local:5000/health',
      ],
      rollback: [
        'change kubectl-scale deployment/mlflow',
        'change rds-restore',
        'change set ghcr.io/mlflow/mlflow v2.9.2',
        'change ask: Point it to the new instance, where its backend store URI stands.',
        'change kubectl-scale deployment/mlflow',
      ],
    })
  })

  test('Argo Workflows: all kinds are kept, and applied again on the way back', () => {
    expect(hop('mlops', {'argo-workflows': '3.6.19..3.7.18'})).toEqual({
      kind: 'always',
      steps: [
        'backup kubectl-backup workflows workflowtemplates clusterworkflowtemplates cronworkflows argo-backup-{{run}}.yaml',
        'change set argo-workflows 3.7.18',
        'wait kubectl-wait deployment/argo-workflows-server',
        'wait kubectl-wait deployment/argo-workflows-workflow-controller',
        'verify argo submit --wait',
      ],
      rollback: [
        'change helm-rollback argo-workflows 3.6.19',
        'change kubectl-apply argo-backup-{{run}}.yaml',
      ],
    })
  })

  test('the Terraform provider: what would change is looked at, and that is applied', () => {
    expect(hop('mlops', {'terraform-aws-provider': '5.100.0..6.0.0'})).toEqual({
      kind: 'always',
      steps: [
        'change set terraform.required_providers.aws.version ~> 6.0.0',
        'change terraform-init',
        'change terraform-plan',
        'change ask: Is there no change that nobody asked for?',
        'change terraform-apply',
      ],
      rollback: ['change git checkout HEAD~1, terraform init'],
    })
  })
})

describe('KubeVirt', () => {
  const operator = (version: string) =>
    `change kubectl-apply https://github.com/kubevirt/kubevirt/releases/download/v${version}/kubevirt-operator.yaml`
  const checks = [
    'before kubectl -n {{namespace}}',
    'before kubectl get virtualmachineinstancemigrations',
    'before kubectl get vmi',
    'before kubectl get pdb',
  ]
  const rolled = ['wait kubectl-wait kubevirt/kubevirt', 'wait kubectl-wait kubevirt/kubevirt']

  test.each([
    ['1.8.3', '1.8.4'],
    ['1.8.4', '1.9.0'],
  ])('%s to %s: virt-operator is replaced, and has the order of the rest, both ways', (from, to) => {
    expect(hop('kubevirt', {kubevirt: `${from}..${to}`, kubernetes: '1.35'})).toEqual({
      kind: 'only-if',
      steps: [
        ...checks,
        operator(to),
        'change kubectl -n {{namespace}}',
        ...rolled,
        'wait kubectl get vmi',
        'verify kubectl-wait kubevirt/kubevirt',
        'verify kubectl-wait daemonset/virt-handler',
        'verify kubectl get vmi',
      ],
      rollback: [`change kubectl-patch kubevirt/kubevirt {"spec":{"imageTag":"v${from}"}}`, ...rolled],
    })
  })

  test('0.11 to 0.12 by hand: of what an operator does and shows there is nothing yet', () => {
    expect(hop('kubevirt', {kubevirt: '0.11.0..0.12.0'})).toEqual({
      kind: 'never',
      steps: [
        'change kubectl create namespace',
        'change kubectl-apply kubevirt-0.12.0.yaml',
        'change kubectl-delete deployment/virt-api deployment/virt-controller daemonset/virt-handler service/virt-api',
        'change kubectl-delete apiservice/v1alpha2.subresources.kubevirt.io validatingwebhookconfiguration/virt-api-validator mutatingwebhookconfiguration/virt-api-mutator',
        'change kubectl delete pod',
        'verify kubectl-wait deployment/virt-api',
        'verify kubectl get pods',
      ],
      rollback: [],
    })
  })
})

describe('mock-device', () => {
  const checks = [
    'before ask: Read the release notes of every version between the old and the new one.',
    'before ./lockstep compat check',
    'before ./lockstep kernels coverage',
    'before kubectl get resourceclaims',
    'before ask: Try it on a cluster that nobody depends on.',
  ]
  const kept = ['backup helm get values', 'backup helm history {{release}}']
  const seen = [
    'verify helm list -n',
    'verify kubectl get pods',
    'verify kubectl get modules.kmm.sigs.x-k8s.io',
    'verify kubectl get resourceslices',
  ]
  const back = [
    'change helm-rollback {{release}} 0.2.0',
    'change ask: With ordered upgrades, give the nodes the old version of the kernel module again by their label.',
    'verify kubectl get pods',
  ]

  test('a patch changes the release in place', () => {
    expect(hop('device', {'mock-device': '0.2.0..0.2.1', kubernetes: '1.34'})).toEqual({
      kind: 'always',
      steps: [...checks, ...kept, 'change set mock-device 0.2.1', 'wait kubectl-wait daemonset', ...seen],
      rollback: back,
    })
  })

  test('a minor looks at the new defaults and at what is deprecated first', () => {
    expect(hop('device', {'mock-device': '0.2.0..0.3.0', kubernetes: '1.34'})).toEqual({
      kind: 'always',
      steps: [
        ...checks,
        'before helm show values, helm get values, diff -u old-values.yaml',
        'before ask: Replace what the old version deprecated; the next minor may drop it.',
        ...kept,
        'change set mock-device 0.3.0',
        'wait kubectl-wait daemonset',
        ...seen,
      ],
      rollback: back,
    })
  })

  test('0.x to 1.0 is a major: the migration, then the release anew', () => {
    const {steps, rollback} = hop('device', {'mock-device': '0.2.0..1.0.0', kubernetes: '1.34'})
    expect(steps).toEqual([
      ...checks,
      'before ask: Follow the migration in the release notes; it comes before everything here.',
      ...kept,
      'change helm-uninstall {{release}}',
      'change helm-upgrade {{release}} 1.0.0 migrated-values.yaml',
      ...seen,
    ])
    expect(rollback).toEqual([
      'change helm-uninstall {{release}}',
      'change helm-upgrade {{release}} 0.2.0 backup-values-{{run}}.yaml',
    ])
  })
})
