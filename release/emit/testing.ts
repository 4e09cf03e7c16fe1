/** Test-side: the plans of the three products that the forms are tried with. */
import {readFileSync} from 'node:fs'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {loadShape} from '../matrix/load.ts'
import {bindingsSchema, type Matrix} from '../matrix/schema/index.ts'
import type {Hop} from '../upgrade/plan.ts'
import {planUpgrade} from '../upgrade/plan.ts'
import {matrixOf, request} from '../upgrade/testing.ts'
import type {Given} from './tasks.ts'

export function readProduct(name: string): Matrix {
  return matrixOf(readFileSync(new URL(`../../matrix/${name}.yaml`, import.meta.url), 'utf8'))
}

/** A plan for these versions, and what a site says besides. */
export function givenFor(
  matrix: Matrix,
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

export function firstHop({plan}: Given): Hop {
  const [hop] = plan.hops
  if (!hop) throw new Error('the plan has no hop')
  return hop
}

export const products = {
  'mock-device': () =>
    givenFor(
      readProduct('mock-device'),
      {'mock-device': '0.1.0..0.2.0', kubernetes: '1.33..1.34'},
      {release: 'mock-device', namespace: 'mock-device'},
    ),
  kubevirt: () =>
    givenFor(
      readProduct('kubevirt'),
      {kubevirt: '1.8.4..1.9.0', kubernetes: '1.35..1.36'},
      {namespace: 'kubevirt'},
    ),
  mlops: () =>
    givenFor(
      readProduct('mlops-platform'),
      {
        eks: '1.34..1.35',
        karpenter: '1.6.0',
        'karpenter-crd': '1.6.0',
        mlflow: '2.9.2..3.17.2',
        'kubelet@gpu': '1.34..1.35',
      },
      {cluster: 'prod', database: 'mlflow-prod', uri: '$DATABASE_URI'},
    ),
} as const
