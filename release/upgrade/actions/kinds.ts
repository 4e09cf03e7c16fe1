import type {Action, ActionOf, Kind} from './action.ts'
import * as aws from './aws.ts'
import {commands} from './commands.ts'
import {fileEdit} from './files.ts'
import * as gates from './gates.ts'
import * as helm from './helm.ts'
import * as kubectl from './kubectl.ts'
import * as terraform from './terraform.ts'

const kinds: {readonly [Name in Action['action']]: Kind<ActionOf<Name>>} = {
  'helm-upgrade': helm.helmUpgrade,
  'helm-uninstall': helm.helmUninstall,
  'helm-rollback': helm.helmRollback,
  'kubectl-apply': kubectl.apply,
  'kubectl-patch': kubectl.patch,
  'kubectl-scale': kubectl.scale,
  'kubectl-delete': kubectl.remove,
  'kubectl-wait': kubectl.wait,
  'kubectl-backup': kubectl.backup,
  'crd-storage-migration': kubectl.storageMigration,
  'set-image': kubectl.setImage,
  job: kubectl.job,
  'file-edit': fileEdit,
  'eks-cluster-version': aws.clusterVersion,
  'eks-addon': aws.addon,
  'eks-nodegroup': aws.nodegroup,
  'eks-insights': aws.insights,
  'rds-snapshot': aws.snapshot,
  'rds-restore': aws.restore,
  'terraform-init': terraform.init,
  'terraform-plan': terraform.plan,
  'terraform-apply': terraform.apply,
  http: gates.http,
  promql: gates.promql,
  notify: gates.notify,
  approve: gates.approve,
  commands,
}

/** Everything that a step can be. */
export const actionNames: readonly string[] = Object.keys(kinds)

/** How an action is done and seen. */
export function kindOf<A extends Action>(action: A): Kind<A> {
  // The table pairs each name with the kind of its action, which the compiler cannot follow through an index.
  return kinds[action.action] as unknown as Kind<A>
}
