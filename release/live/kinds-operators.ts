/** What is kept of KMM's, KubeVirt's and cert-manager's objects. */
import type {KernelMapping} from '../kernels/types.ts'
import {at, listAt, numberAt, textAt, textsAt} from '../lib/fields.ts'
import type {KubeObject} from '../lib/kube.ts'
import {conditionMessage, conditionOf} from './conditions.ts'
import type {Certificate, KmmModule, KubeVirt, Migration, Vmi} from './facts.ts'
import {namedOf} from './kinds-core.ts'

/** https://kmm.sigs.k8s.io/documentation/deploy_kmod/ */
export function kmmModuleOf(object: KubeObject): KmmModule {
  const container = at(object, 'spec', 'moduleLoader', 'container')
  const image = textAt(container, 'containerImage') ?? ''
  const mappings = listAt(container, 'kernelMappings').flatMap((mapping): KernelMapping[] => {
    const [literal, regexp] = [textAt(mapping, 'literal'), textAt(mapping, 'regexp')]
    const containerImage = textAt(mapping, 'containerImage') ?? image
    if (literal !== undefined) return [{literal, containerImage}]
    return regexp === undefined ? [] : [{regexp, containerImage}]
  })
  return {
    ...namedOf(object),
    selector: textsAt(object, 'spec', 'selector'),
    mappings,
    version: textAt(container, 'version'),
  }
}

export function kubeVirtOf(object: KubeObject): KubeVirt {
  const status = at(object, 'status')
  const conditions = listAt(status, 'conditions').flatMap((c): [string, string][] => {
    const [type, value] = [textAt(c, 'type'), textAt(c, 'status')]
    return type === undefined || value === undefined ? [] : [[type, value]]
  })
  return {
    ...namedOf(object),
    phase: textAt(status, 'phase') ?? '',
    observed: textAt(status, 'observedKubeVirtVersion'),
    target: textAt(status, 'targetKubeVirtVersion'),
    outdated: numberAt(status, 'outdatedVirtualMachineInstanceWorkloads') ?? 0,
    conditions: Object.fromEntries(conditions),
    updates: listAt(object, 'spec', 'workloadUpdateStrategy', 'workloadUpdateMethods').filter(
      m => typeof m === 'string',
    ),
  }
}

/** KubeVirt labels a machine whose launcher is not of the current version (pkg/virt-controller/watch/workload-updater). */
export function vmiOf(object: KubeObject): Vmi {
  return {
    ...namedOf(object),
    node: textAt(object, 'status', 'nodeName'),
    outdated: Object.hasOwn(object.metadata.labels ?? {}, 'kubevirt.io/outdatedLauncherImage'),
    migratable: conditionOf(object, 'LiveMigratable') ?? 'Unknown',
  }
}

export function migrationOf(object: KubeObject): Migration {
  return {
    ...namedOf(object),
    machine: textAt(object, 'spec', 'vmiName') ?? '',
    phase: textAt(object, 'status', 'phase') ?? '',
    created: object.metadata.creationTimestamp ?? '',
  }
}

export function certificateOf(object: KubeObject): Certificate {
  return {
    ...namedOf(object),
    ready: conditionOf(object, 'Ready'),
    message: conditionMessage(object, 'Ready'),
    notAfter: textAt(object, 'status', 'notAfter'),
  }
}
