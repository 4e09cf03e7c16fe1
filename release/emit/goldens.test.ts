import {describe, expect, test} from 'vitest'
import {type EmittedFile, gitopsFiles} from './gitops.ts'
import {issue} from './issue.ts'
import {runbook} from './runbook.ts'
import {firstHop, givenFor, products, readProduct} from './testing.ts'
import {workflowFiles} from './workflow.ts'

/*
 * Each file below testdata/ was read as an operator would read it. They follow the matrices: after a change of those, look
 * at the difference and write them anew with `npx vitest run release/emit/goldens.test.ts -u`.
 */

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

const joined = (files: readonly EmittedFile[]) => files.map(({path, text}) => `### ${path}\n${text}`).join('')
const golden = (name: string, text: string) => expect(text).toMatchFileSnapshot(`testdata/${name}`)

describe.each(Object.entries(products))('%s', (name, of) => {
  const current = of()
  const first = firstHop(current)
  test('runbook', () => golden(`${name}.runbook.md`, runbook(current)))
  test('GitHub issue', () => golden(`${name}.issue.md`, issue(current)))
  test('Argo CD', () =>
    golden(`${name}.argocd.txt`, joined(gitopsFiles('argocd', current, first, () => undefined))))
  test('Flux', () => golden(`${name}.flux.txt`, joined(gitopsFiles('flux', current, first, () => undefined))))
  test('Argo Workflow', () => golden(`${name}.workflow.yaml`, workflowFiles(current)[0]?.text ?? ''))
})

test('a site with its own files: who owns a thing decides how it is raised', async () => {
  const site = givenFor(
    readProduct('mlops-platform'),
    {eks: '1.34..1.35', karpenter: '1.6.0', 'karpenter-crd': '1.6.0'},
    {cluster: 'prod'},
    mlopsSite,
  )
  await golden('site.runbook.md', runbook(site))
  await golden(
    'site.argocd.txt',
    joined(gitopsFiles('argocd', site, firstHop(site), file => siteFiles[file])),
  )
})

test('the historical move of KubeVirt, with the panics that it was seen to have', async () => {
  const text = runbook(
    givenFor(readProduct('kubevirt'), {kubevirt: '0.11.0..0.12.0'}, {namespace: 'kubevirt'}),
  )
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
  expect(() => gitopsFiles('argocd', open, firstHop(open), () => undefined)).toThrow('J113')
})
