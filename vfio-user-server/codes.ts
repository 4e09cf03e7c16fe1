import {codes as addonCodes} from './native/codes.ts'

/** Problems of mock-accel-server and mock-accel-ctl. A topology's shape has the codes of every YAML file: Y and M. */
export const codes: Record<string, {title: string; text: string}> = {
  ...addonCodes,
  U001: {
    title: 'Unknown option or command',
    text:
      'The command line has a word that mock-accel-server or mock-accel-ctl does not know. A near one is offered as ' +
      'a hint; --help lists them all. Nothing was started or changed.',
  },
  U002: {
    title: 'Value of an option',
    text:
      'An option has no value, or one that it cannot have. Sizes are bytes or have one of the units Ki, Mi, Gi and ' +
      'Ti (16Gi); labels are visible ASCII of 64 bytes at most, because that is what the register holds.',
  },
  U003: {
    title: 'Options that miss something, or exclude each other',
    text:
      'The server must know where to listen (--socket) and what to serve: one PF described by options, or a machine ' +
      'described by a topology file. Both at once would contradict each other: write into the file what the options ' +
      'say. For mock-accel-ctl, a command has more words than it takes, or fewer than it needs.',
  },
  U004: {
    title: 'Cannot listen',
    text:
      'A socket could not be had. A socket file that nobody listens on is replaced, but one that somebody answers on ' +
      'is never touched: end that server or choose another folder. The path of a Unix socket has 107 bytes at most. ' +
      'When one socket cannot be had the server listens on none.',
  },
  U005: {
    title: 'No server answers',
    text:
      'mock-accel-ctl could not reach the control socket. It is control.sock in the folder of the sockets, or what ' +
      '--control of the server says. Name it with --control or in MOCK_ACCEL_CONTROL.',
  },
  U006: {
    title: 'The server refuses',
    text:
      'The server understood mock-accel-ctl and does not do it: there is no such function, fault or value. The ' +
      'message says what there is; nothing was changed.',
  },
  U010: {
    title: 'Topology file cannot be read',
    text: 'There is no such file, or this user may not read it. --topology takes a path from the current folder.',
  },
  U020: {
    title: 'NUMA node described twice',
    text: 'Each entry of `numa` is one node of the guest; its id says which. Two entries have the same id.',
  },
  U021: {
    title: 'Memory or processors given twice',
    text:
      'A machine with NUMA nodes has the memory and the processors of its nodes. `memory` and `cpus` of the machine ' +
      'are for one without: give them to the nodes.',
  },
  U022: {
    title: 'Name used twice',
    text:
      "A device's name names its socket: NAME.sock, and NAME-vf0.sock for its first VF. Two devices would share one. " +
      'Devices without a name are called pf0, pf1 and so on by their place in the list.',
  },
  U023: {
    title: 'Identity used twice',
    text:
      'Drivers and Kubernetes tell devices apart by UUID, and people by label. Two devices of the machine have the ' +
      'same. Leave both out to have them made from node, NUMA node and place.',
  },
  U024: {
    title: 'Unknown NUMA node',
    text: 'A device stands on a NUMA node that `numa` does not describe. Add the node, or correct the number.',
  },
  U025: {
    title: 'More VFs than QEMU can have',
    text:
      'The functions of a slot are numbered 0 to 7, and 0 is the PF. More VFs need ARI, which QEMU does not pass on. ' +
      'Use seven at most, or `sriov: plain` for a client that can do more, up to 16.',
  },
  U026: {
    title: 'Too little memory',
    text: 'A VF has an equal share of its PF’s memory, rounded down to 1 MiB. With this memory the share would be nothing.',
  },
  U027: {
    title: 'Too many devices on a NUMA node',
    text: 'Each device has a root port of its own on its node’s bus, and a bus has 32 slots.',
  },
  U028: {
    title: 'Label too long',
    text: 'The label of a VF is its PF’s with -VF0, -VF1 and so on, and must fit the register of 64 bytes too.',
  },
}
