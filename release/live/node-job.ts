import {nodeScript} from './node.ts'

/**
 * A Job that runs the node's script in a pod there and reads the node's files; its log is the facts. It needs no rights
 * in the cluster, and a namespace that lets it mount the node's root for reading.
 */
export function nodeJob({
  node,
  kubeletRoot,
  image,
}: {
  node: string
  kubeletRoot: string
  image: string
}): object {
  const name = `lockstep-doctor-${node}`.slice(0, 63).replace(/[^a-z0-9]+$/, '')
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {name},
    spec: {
      backoffLimit: 0,
      ttlSecondsAfterFinished: 3600,
      template: {
        spec: {
          nodeName: node,
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          tolerations: [{operator: 'Exists'}],
          containers: [
            {
              name: 'facts',
              image,
              command: ['sh', '-c', nodeScript],
              env: [
                {name: 'ROOT', value: '/host'},
                {name: 'KUBELET_ROOT', value: kubeletRoot},
              ],
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: {drop: ['ALL'], add: ['DAC_READ_SEARCH']},
              },
              volumeMounts: [{name: 'host', mountPath: '/host', readOnly: true}],
            },
          ],
          volumes: [{name: 'host', hostPath: {path: '/', type: 'Directory'}}],
        },
      },
    },
  }
}
