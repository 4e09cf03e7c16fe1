import {readFileSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {loadShape} from '../matrix/load.ts'
import {bindingsSchema} from '../matrix/schema/index.ts'
import {planUpgrade} from '../upgrade/plan.ts'
import {matrixOf, request} from '../upgrade/testing.ts'
import {type EmittedFile, gitopsFiles} from './gitops.ts'
import {issue} from './issue.ts'
import {runbook} from './runbook.ts'
import type {Given} from './tasks.ts'
import {workflowFiles} from './workflow.ts'

/*
 * Each file below testdata/ was read as an operator would read it. They follow the matrices: after a change of those, look
 * at the difference and write them anew with `npx vitest run release/emit/goldens.test.ts -u`.
 */

const read = (name: string) =>
  matrixOf(readFileSync(new URL(`../../matrix/${name}.yaml`, import.meta.url), 'utf8'))

function given(
  matrix: ReturnType<typeof read>,
  versions: Record<string, string>,
  parameters: Record<string, string> = {},
  bindings?: string,
): Given {
  const {plan, explanation} = planUpgrade(request(matrix, versions))
  if (!plan) throw new Error(JSON.stringify(explanation))
  const site = bindings === undefined ? undefined : loadShape(bindings, 'bindings.yaml', bindingsSchema)
  if (site && !site.value) throw new DiagnosticError(site.diagnostics)
  return {plan, matrix, parameters, bindings: site?.value}
}

const kubevirt = read('kubevirt')
const platform = {cluster: 'prod', database: 'mlflow-prod', uri: '$DATABASE_URI'}
const mlopsSite = `apiVersion: lockstep/v1
kind: Bindings
bindings:
  - {component: eks, owner: terraform, at: {file: infra/terraform.tfvars, path: cluster_version}}
  - {component: karpenter-crd, owner: argocd, at: {file: apps/karpenter-crd.yaml, path: spec.source.targetRevision}}
  - {component: karpenter, owner: argocd, at: {file: apps/karpenter.yaml, path: spec.source.targetRevision}}
`
const application = (name: string) => `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: ${name}, namespace: argocd}
spec:
  project: platform
  destination: {server: https://kubernetes.default.svc, namespace: karpenter}
  source:
    repoURL: public.ecr.aws/karpenter
    chart: ${name}
    targetRevision: 1.6.0 # Renovate
    helm: {valuesObject: {replicas: 2, settings: {clusterName: prod}}}
`
const siteFiles: Record<string, string> = {
  'infra/terraform.tfvars': 'cluster_version = "1.34"\n',
  'apps/karpenter-crd.yaml': application('karpenter-crd'),
  'apps/karpenter.yaml': application('karpenter'),
}

const products = {
  'mock-device': () =>
    given(
      read('mock-device'),
      {'mock-device': '0.1.0..0.2.0', kubernetes: '1.33..1.34'},
      {release: 'mock-device', namespace: 'mock-device'},
    ),
  kubevirt: () =>
    given(kubevirt, {kubevirt: '1.8.4..1.9.0', kubernetes: '1.35..1.36'}, {namespace: 'kubevirt'}),
  mlops: () =>
    given(
      read('mlops-platform'),
      {
        eks: '1.34..1.35',
        karpenter: '1.6.0',
        'karpenter-crd': '1.6.0',
        mlflow: '2.9.2..3.17.2',
        'kubelet@gpu': '1.34..1.35',
      },
      platform,
    ),
}

const joined = (files: readonly EmittedFile[]) => files.map(({path, text}) => `### ${path}\n${text}`).join('')
const golden = (name: string, text: string) => expect(text).toMatchFileSnapshot(`testdata/${name}`)

describe.each(Object.entries(products))('%s', (name, of) => {
  const current = of()
  const first = current.plan.hops[0]
  if (!first) throw new Error('an empty plan')
  test('runbook', () => golden(`${name}.runbook.md`, runbook(current)))
  test('GitHub issue', () => golden(`${name}.issue.md`, issue(current)))
  test('Argo CD', () =>
    golden(`${name}.argocd.txt`, joined(gitopsFiles('argocd', current, first, () => undefined))))
  test('Flux', () => golden(`${name}.flux.txt`, joined(gitopsFiles('flux', current, first, () => undefined))))
  test('Argo Workflow', () => golden(`${name}.workflow.yaml`, workflowFiles(current)[0]?.text ?? ''))
})

test('a site with its own files: who owns a thing decides how it is raised', async () => {
  const site = given(
    read('mlops-platform'),
    {eks: '1.34..1.35', karpenter: '1.6.0', 'karpenter-crd': '1.6.0'},
    {cluster: 'prod'},
    mlopsSite,
  )
  const [first] = site.plan.hops
  await golden('site.runbook.md', runbook(site))
  if (first)
    await golden('site.argocd.txt', joined(gitopsFiles('argocd', site, first, file => siteFiles[file])))
})

test('the historical move of KubeVirt, with the panics that it was seen to have', async () => {
  const text = runbook(given(kubevirt, {kubevirt: '0.11.0..0.12.0'}, {namespace: 'kubevirt'}))
  expect(text).toContain(
    'panic: apiservice [v1alpha2.subresources.kubevirt.io] is already registered in a different namespace',
  )
  expect(text).toContain('kubectl delete apiservice v1alpha2.subresources.kubevirt.io')
  await golden('kubevirt-0.12.runbook.md', text)
})

test('one hop alone, and variables for what nobody has said', () => {
  const {plan, matrix} = products.mlops()
  const open = {plan, matrix, parameters: {}}
  const text = runbook(open, plan.hops.slice(1, 2))
  expect(text).toContain('export CLUSTER= # The name of the cluster.')
  expect(text).not.toContain('## Hop 1')
  expect(() => gitopsFiles('argocd', open, plan.hops[0] as never, () => undefined)).toThrow('J113')
})
