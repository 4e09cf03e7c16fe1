import type {Command, Option} from './command.ts'
import {clusterOptions} from './options.ts'

const awsOption = {
  aws: {
    type: 'boolean',
    summary: 'Ask EKS as well, by the `aws` program: insights, add-ons and node groups',
  },
} as const satisfies Record<string, Option>

/** Is it well? Nothing here changes anything. */
export const doctorCommands: readonly Command[] = [
  {
    path: ['doctor'],
    group: 'Ask',
    summary: 'Say whether this machine has what builds need',
    text: 'Looks for programs, namespaces, room for the cache and a Debian mirror. Ends with 1 when something is missing. With --kubeconfig, --context or --aws it is `doctor cluster`.',
    options: {...clusterOptions, ...awsOption},
    examples: [
      {run: './lockstep doctor', note: 'Can I build here?'},
      {run: './lockstep doctor --kubeconfig prod.yaml', note: 'Is that cluster well?'},
    ],
    load: () => import('./doctor.ts'),
  },
  {
    path: ['doctor', 'cluster'],
    group: 'Ask',
    summary: 'Say what is wrong in a live cluster, and what keeps it from being upgraded',
    text: 'Reads each kind of object once, changes nothing, and judges: versions by the matrix, nodes, budgets that block a drain, stored versions of CRDs, deprecated APIs, webhooks, Helm releases, KMM’s kernel mappings, KubeVirt, cert-manager, devices and claims. Each finding says what is wrong, why it matters, what to do, and its source; what cannot be seen is told as unknown. Ends with 0 only when all was seen and nothing is wrong. docs/examples/doctor/rbac.yaml has the rights that it needs.',
    options: {...clusterOptions, ...awsOption},
    examples: [
      {run: './lockstep doctor cluster', note: 'The cluster that kubectl speaks to'},
      {
        run: './lockstep doctor cluster --matrix matrix/kubevirt.yaml -o json',
        note: 'By KubeVirt’s rules, for a program',
      },
    ],
    load: () => import('./doctor-cluster.ts'),
  },
  {
    path: ['doctor', 'node'],
    group: 'Ask',
    summary: 'Say whether a node has what devices need: SELinux, CDI, module, kubelet’s sockets',
    text: 'What the API does not show, by a small shell script: on this node, on another by ssh, or as a Job whose log comes back with --facts. It needs root for most of it, and changes nothing.',
    options: {
      ssh: {type: 'string', value: 'HOST', summary: 'Run it there: what ssh takes, such as root@node1'},
      job: {
        type: 'string',
        value: 'NODE',
        summary: 'Print a Job that runs it on that node; apply it with kubectl',
      },
      facts: {
        type: 'string',
        value: 'FILE',
        summary: 'Judge what the script told: a file, - for standard input',
      },
      'kubelet-root': {
        type: 'string',
        value: 'DIR',
        summary: 'kubelet’s folder on the node (default: /var/lib/kubelet)',
      },
      image: {
        type: 'string',
        value: 'IMAGE',
        summary: 'Any image with a shell, for the Job (default: busybox)',
      },
    },
    examples: [
      {run: './lockstep doctor node', note: 'This node, as root'},
      {run: './lockstep doctor node --ssh root@node1', note: 'Another'},
      {run: './lockstep doctor node --job node1 | kubectl apply -f -', note: 'Without a login'},
      {run: './lockstep doctor node --facts facts.log', note: 'The log of that Job'},
    ],
    load: () => import('./doctor-node.ts'),
  },
]
