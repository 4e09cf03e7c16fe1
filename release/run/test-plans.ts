/** Test-side: real plans of the three products, and worlds that they start in. */
import {readFileSync} from 'node:fs'
import {emptyAws} from '#testbed/aws/state.ts'
import {planUpgrade, type UpgradePlan} from '../upgrade/plan.ts'
import {matrixOf, request} from '../upgrade/testing.ts'
import type {RunSite} from './tasks.ts'
import {everything} from './test-everything.ts'
import {ok, type StandIn, standIn} from './testing.ts'

const read = (name: string) =>
  matrixOf(readFileSync(new URL(`../../matrix/${name}.yaml`, import.meta.url), 'utf8'))
const matrices = new Map<string, ReturnType<typeof read>>()

export function planFor(name: string, versions: Record<string, string>): UpgradePlan {
  const matrix = matrices.get(name) ?? read(name)
  matrices.set(name, matrix)
  const {plan} = planUpgrade(request(matrix, versions))
  if (!plan) throw new Error(`no way for ${JSON.stringify(versions)}`)
  return plan
}

export const site: RunSite = {
  run: 'r1',
  charts: 'oci://ghcr.io/acme/charts',
  parameters: {
    namespace: 'mock',
    release: 'mock',
    'kubevirt.namespace': 'kubevirt',
    cluster: 'prod',
    database: 'mlflow',
    uri: 'postgresql://db/mlflow',
  },
}

export type Case = {name: string; plan: UpgradePlan; world: () => StandIn}

/** Something of everything: EKS with nodes and add-ons, Karpenter's two charts, MLflow's database, Terraform, KubeVirt. */
export function cases(): Case[] {
  return [
    {
      name: 'EKS, a node group, an add-on and Karpenter',
      plan: planFor('mlops-platform', {
        eks: '1.33..1.34',
        'kubelet@gpu': '1.33..1.34',
        'vpc-cni': '1.19.0..1.20.0',
        karpenter: '1.5.0..1.6.0',
        'karpenter-crd': '1.5.0',
      }),
      world: () =>
        standIn({
          aws: emptyAws({
            nodegroups: {gpu: '1.33'},
            addons: {'vpc-cni': 'v1.19.0-eksbuild.1'},
            builds: {
              'vpc-cni': [
                {version: 'v1.20.0-eksbuild.2', fits: ['1.33', '1.34']},
                {version: 'v1.19.0-eksbuild.1', fits: ['1.33']},
              ],
            },
          }),
          releases: {
            karpenter: [{revision: 1, status: 'deployed', chart: 'karpenter-1.5.0'}],
            'karpenter-crd': [{revision: 1, status: 'deployed', chart: 'karpenter-crd-1.5.0'}],
          },
          shell: [[/aws eks describe-cluster/, () => ok('ACTIVE\t1.33')]],
        }),
    },
    {
      name: 'MLflow with its database',
      plan: planFor('mlops-platform', {mlflow: '2.9.2..3.17.2'}),
      world: () =>
        standIn({
          aws: emptyAws({instances: {mlflow: {readyAt: 0}}}),
          objects: {
            'deployment/mlflow': {
              spec: {
                replicas: 1,
                template: {spec: {containers: [{name: 'mlflow', image: 'ghcr.io/mlflow/mlflow:v2.9.2'}]}},
              },
              status: {replicas: 1},
            },
          },
        }),
    },
    {
      name: 'mock-device over the reinstallation',
      plan: planFor('mock-device', {'mock-device': '0.1.0..0.2.0', kubernetes: '1.33..1.34'}),
      world: () =>
        standIn({
          releases: {mock: [{revision: 1, status: 'deployed', chart: 'mock-device-0.1.0'}]},
          shell: [[/helm list/, () => ok('mock  mock  1  2026  deployed  mock-device-0.2.0  0.2.0')]],
        }),
    },
    {
      name: 'KubeVirt by its operator',
      plan: planFor('kubevirt', {kubevirt: '1.8.4..1.9.0', kubernetes: '1.35'}),
      world: () =>
        standIn({
          shell: [
            [/phase.*observedKubeVirtVersion/, () => ok('Deployed v1.8.4 v1.8.4')],
            [/workloadUpdateStrategy/, () => ok('{"workloadUpdateMethods":["LiveMigrate"]}')],
          ],
        }),
    },
    {
      name: 'the Terraform provider',
      plan: planFor('mlops-platform', {'terraform-aws-provider': '5.100.0..6.0.0'}),
      world: () => {
        const world = standIn()
        world.files['versions.tf'] = 'terraform {\n  aws = {\n    version = "~> 5.100.0"\n  }\n}\n'
        return world
      },
    },
    everything(),
  ]
}
