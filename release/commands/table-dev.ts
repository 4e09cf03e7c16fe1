import type {Command, Option} from './command.ts'

const name: Option = {type: 'string', value: 'NAME', summary: 'Which cluster (default: dev)'}

/** Commands for those who write drivers, for this device or others. */
export const devCommands: readonly Command[] = [
  {
    path: ['dev', 'cluster', 'up'],
    group: 'Develop',
    summary: 'Start a cluster of emulated machines that have devices',
    text: 'A real control plane on this machine, and real nodes (kernel, containerd, kubelet) in QEMU, each with emulated devices. It stays until `dev cluster down`, and nothing of it lies outside its folder, whose path is shown. The same command again finds it there.',
    options: {
      name,
      nodes: {type: 'string', value: 'N', summary: 'How many nodes, 1 to 9 (default: 1)'},
      topology: {
        type: 'string',
        value: 'FILE',
        summary: 'The devices of each node, as mock-accel-server reads them (default: two NUMA nodes)',
      },
      load: {
        type: 'string',
        value: 'TAR',
        multiple: true,
        summary:
          'A container image that nodes shall have: an OCI layout in a tar, or what `docker save` writes',
      },
      kernel: {
        type: 'string',
        value: 'LINE',
        summary: 'The nodes’ kernel line (default: debian-13-cloud-amd64)',
      },
      kubernetes: {
        type: 'string',
        value: 'MINOR',
        choices: ['1.34', '1.36', '1.37'],
        summary: 'The release of Kubernetes (default: 1.36); others are built when first asked for',
      },
      'no-module': {type: 'boolean', summary: 'Leave loading the kernel module to others, such as KMM'},
    },
    examples: [
      {run: 'eval "$(./lockstep dev cluster up)"', note: 'One node, and kubectl speaks to it'},
      {run: './lockstep dev cluster up --nodes 2 --load driver.tar', note: 'Two, with my driver’s image'},
    ],
    load: () => import('./dev-cluster.ts').then(({verb}) => ({run: verb('up')})),
  },
  {
    path: ['dev', 'cluster', 'down'],
    group: 'Develop',
    summary: 'End a cluster, and remove all of it',
    options: {name},
    examples: [{run: './lockstep dev cluster down', note: 'What a killed `up` left is removed as well'}],
    load: () => import('./dev-cluster.ts').then(({verb}) => ({run: verb('down')})),
  },
  {
    path: ['dev', 'cluster', 'status'],
    group: 'Develop',
    summary: 'Show the clusters that are up, and their nodes',
    examples: [{run: './lockstep dev cluster status', note: 'What runs?'}],
    load: () => import('./dev-cluster.ts').then(({verb}) => ({run: verb('status')})),
  },
  {
    path: ['dev', 'cluster', 'logs'],
    group: 'Develop',
    summary: 'Print the logs of a node, or of the control plane',
    arguments: [
      {name: 'NODE', summary: 'its kernel’s, containerd’s and kubelet’s; left out, the control plane’s'},
    ],
    options: {name},
    examples: [{run: './lockstep dev cluster logs node1', note: 'Why does my pod not start?'}],
    load: () => import('./dev-cluster.ts').then(({verb}) => ({run: verb('logs')})),
  },
  {
    path: ['dev', 'cluster', 'shell'],
    group: 'Develop',
    summary: 'Join the terminal to a shell on a node, or run a script there',
    text: 'At a terminal, Ctrl-] leaves. What comes from a file or a pipe is a script: it runs as root on the node, its output is shown at its end, and when it fails the command ends with 1.',
    arguments: [{name: 'NODE', summary: 'which one (default: node1)'}],
    options: {name},
    examples: [
      {run: './lockstep dev cluster shell node1', note: 'Look around'},
      {run: 'echo dmesg | ./lockstep dev cluster shell node1', note: 'Or ask one thing'},
    ],
    load: () => import('./dev-cluster.ts').then(({verb}) => ({run: verb('shell')})),
  },
]
