import type {Command, Option} from './command.ts'

const setOption = {
  set: {
    type: 'string',
    value: 'NAME=VALUE',
    multiple: true,
    summary: 'A value of the installation, such as kernelModule.enabled=true',
  },
} as const satisfies Record<string, Option>

/** Questions that change nothing. */
export const askCommands: readonly Command[] = [
  {
    path: ['explain'],
    group: 'Ask',
    summary: 'Tell the long story of an error code',
    arguments: [{name: 'CODE', summary: 'a code such as M001; left out, all codes are listed'}],
    examples: [
      {run: './lockstep explain M001', note: 'What does M001 mean, and what is to be done?'},
      {run: './lockstep explain', note: 'All codes with their titles'},
    ],
    load: () => import('./explain.ts'),
  },
  {
    path: ['compat'],
    group: 'Ask',
    summary: 'Show what works with given versions',
    text: 'For every component that was not given: which of its versions work, which do not, and which nobody knows about. The product is taken in the version of the release, unless it is given.',
    options: {
      with: {
        type: 'string',
        value: 'NAME=VERSION',
        multiple: true,
        summary: 'A version that stands; repeat it for more',
      },
      ...setOption,
    },
    examples: [
      {run: './lockstep compat --with kubernetes=1.36', note: 'What works on Kubernetes 1.36?'},
      {
        run: './lockstep compat --with kubernetes=1.36 --set kernelModule.enabled=true',
        note: 'And with the kernel module?',
      },
      {
        run: './lockstep compat --with kubernetes=1.37 --matrix oci://ghcr.io/fabiendupont/mock-device-matrix:stable',
        note: 'By what was learnt since the release?',
      },
    ],
    load: () => import('./compat.ts'),
  },
  {
    path: ['compat', 'check'],
    group: 'Ask',
    summary: 'Say yes, no or unknown to a combination of versions, citing rules',
    text: 'A yes needs rules that hold for every given component; outside of all rules the answer is unknown. Ends with 0 for a yes only.',
    arguments: [{name: 'NAME=VERSION', summary: 'such as kubernetes=1.36', required: true, many: true}],
    options: setOption,
    examples: [
      {run: './lockstep compat check kubernetes=1.36 kmm=2.6', note: 'Do these work together?'},
      {
        run: './lockstep compat check kubernetes=1.33 -o json',
        note: 'The answer with its reasons, for a program',
      },
    ],
    load: () => import('./compat-check.ts'),
  },
]
