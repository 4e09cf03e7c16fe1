/** Test-side: a plan of one hop with an action of every kind, and the world that it starts in. */
import {emptyAws} from '#testbed/aws/state.ts'
import {minimal} from '../matrix/testdata/minimal.ts'
import {planUpgrade, type UpgradePlan} from '../upgrade/plan.ts'
import {matrixOf, request} from '../upgrade/testing.ts'
import {type StandIn, standIn} from './testing.ts'

const matrix = `${minimal.slice(0, minimal.indexOf('components:'))}
components:
  product: {title: Product, scheme: semver, versions: [{version: 1.0.0}, {version: 2.0.0}]}
transitions:
  - {id: up, component: product, back: {}, level: supported, because: Any step up., source: docs, asOf: 2026-11-21}
procedures:
  - id: everything
    title: Everything
    component: product
    before:
      - {title: Has everybody gone home?}
      - {title: Tell., do: {action: notify, message: We begin., url: 'http://chat/hook'}}
      - {title: It answers., probe: {http: 'http://app/health'}}
      - {title: Nothing is wrong., do: {action: eks-insights, cluster: '{{cluster}}', category: UPGRADE_READINESS}}
    backup:
      - {title: Keep., do: {action: kubectl-backup, resources: [things], file: 'kept-{{run}}.yaml'}}
      - {title: Keep the data., do: {action: rds-snapshot, instance: '{{database}}', snapshot: 'before-{{run}}'}}
    change:
      - {title: Apply., do: {action: kubectl-apply, file: new.yaml}}
      - {title: Patch., do: {action: kubectl-patch, resource: thing/a, patch: '{"spec":{"tag":"{{version}}"}}'}}
      - {title: Scale., do: {action: kubectl-scale, resource: deployment/a, replicas: 0}}
      - {title: Image., set: {image: example.com/a, resource: deployment/a, to: '{{version}}'}}
      - {title: Delete., do: {action: kubectl-delete, resources: [thing/old]}}
      - {title: Store anew., do: {action: crd-storage-migration, crd: things.example.com}}
      - {title: Migrate., do: {action: job, name: 'migrate-{{run}}', image: example.com/a, command: [migrate]}}
      - {title: Uninstall., do: {action: helm-uninstall, release: old}}
      - {title: Upgrade., set: {chart: app, repository: 'oci://example.com/charts', release: app, to: '{{version}}'}}
      - {title: Another back., do: {action: helm-rollback, release: other, version: 1.0.0}}
      - {title: The file., do: {action: file-edit, file: versions.tf, path: version, to: '{{version}}', commit: Raise.}}
      - {title: Init., do: {action: terraform-init, upgrade: true}}
      - {title: Plan., do: {action: terraform-plan}}
      - {title: Apply it., do: {action: terraform-apply, saved: true}}
      - {title: The cluster., do: {action: eks-cluster-version, cluster: '{{cluster}}', version: '1.34'}}
      - {title: The add-on., do: {action: eks-addon, cluster: '{{cluster}}', addon: vpc-cni, version: v1.20.0}}
      - {title: The nodes., do: {action: eks-nodegroup, cluster: '{{cluster}}', nodegroup: gpu, version: '1.34'}}
      - {title: A copy., do: {action: rds-restore, snapshot: 'before-{{run}}', instance: 'copy-{{run}}'}}
      - {title: By hand., run: ['move it'], repeatable: true}
    wait:
      - {title: Wait., do: {action: kubectl-wait, resource: deployment/a, for: rollout}}
    verify:
      - {title: No errors., probe: {promql: 'rate(errors[5m])', holds: '< 0.01', server: 'http://prometheus'}}
`

export function everything(): {name: string; plan: UpgradePlan; world: () => StandIn} {
  const {plan} = planUpgrade(request(matrixOf(matrix), {product: '1.0.0..2.0.0'}))
  if (!plan) throw new Error('no way')
  return {name: 'an action of every kind', plan, world}
}

function world(): StandIn {
  const revision = (chart: string, number = 1, status = 'deployed') => ({revision: number, status, chart})
  const container = {name: 'a', image: 'example.com/a:1.0.0'}
  const made = standIn({
    aws: emptyAws({
      nodegroups: {gpu: '1.33'},
      addons: {'vpc-cni': 'v1.19.0-eksbuild.1'},
      builds: {'vpc-cni': [{version: 'v1.20.0-eksbuild.2', fits: ['1.33', '1.34']}]},
      instances: {mlflow: {readyAt: 0}},
    }),
    releases: {
      app: [revision('app-1.0.0')],
      old: [revision('old-1.0.0')],
      other: [revision('other-1.0.0', 1, 'superseded'), revision('other-2.0.0', 2)],
    },
    objects: {
      'thing/a': {spec: {tag: '1.0.0'}},
      'thing/old': {},
      'deployment/a': {
        spec: {replicas: 1, template: {spec: {containers: [container]}}},
        status: {replicas: 1},
      },
      customresourcedefinition: {
        spec: {versions: [{name: 'v1', storage: true}]},
        status: {storedVersions: ['v1beta1', 'v1']},
      },
    },
  })
  made.files['versions.tf'] = 'version = "1.0.0"\n'
  return made
}
