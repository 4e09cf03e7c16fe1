import {readFileSync} from 'node:fs'
import {expect, test} from 'vitest'
import {planUpgrade} from './plan.ts'
import {matrixOf, request} from './testing.ts'

const matrix = matrixOf(readFileSync(new URL('../../matrix/mock-device.yaml', import.meta.url), 'utf8'))

test('0.1.0 is uninstalled before Kubernetes moves and 0.2.0 installed after it; back the other way round', () => {
  const {plan} = planUpgrade(request(matrix, {'mock-device': '0.1.0..0.2.0', kubernetes: '1.33..1.34'}))
  const changes = (plan?.hops ?? []).map(({steps, rollback}) => [
    steps.filter(s => s.phase === 'change').map(s => s.do),
    rollback.map(s => s.do),
  ])
  const release = {release: '{{release}}', namespace: '{{namespace}}'}
  expect(changes).toMatchObject([
    [
      [{action: 'helm-uninstall', ...release}, {action: 'kubectl-delete'}],
      [{action: 'helm-upgrade', ...release, version: '0.1.0', files: ['backup-values-{{run}}.yaml']}],
    ],
    [[], []],
    [
      [{action: 'helm-upgrade', ...release, version: '0.2.0', files: ['migrated-values.yaml']}],
      [{action: 'helm-uninstall', ...release}],
    ],
  ])
})

test('what is written for particular sites gets into no plan', () => {
  const {plan} = planUpgrade(request(matrix, {'mock-device': '0.1.0..0.2.0', kubernetes: '1.33..1.34'}))
  expect(JSON.stringify(plan)).not.toContain('{{registry}}')
})
