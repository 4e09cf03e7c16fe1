import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {root} from './processes.ts'

/** What has to stand before a tier can run. */
export type Need = 'toolbox' | 'go tools'

export type Tier = {
  /** Also the suffix of its test files: `x.guest.test.ts`. */
  name: string
  title: string
  /** Seconds it should take on two cores with warm caches. */
  budget: number
  needs: readonly Need[]
  /** Runs only when it is named, or with `--all`. */
  heavy?: true
  /** Instead of test files. */
  checks?: () => {title: string; command: readonly string[]}[]
}

const bin = (name: string) => join(root, 'node_modules/.bin', name)

/** In the order of running: what is cheap and tells most comes first. */
export const tiers: readonly Tier[] = [
  {
    name: 'house',
    title: 'formatting, lint, types, generated files',
    budget: 60,
    needs: [],
    checks: () => [
      {title: 'biome check', command: [bin('biome'), 'check', '--error-on-warnings']},
      {title: 'tsc --noEmit', command: [bin('tsc'), '--noEmit']},
      ...(existsSync(join(root, 'release/commands/check.ts'))
        ? [{title: 'lockstep check', command: [join(root, 'lockstep'), 'check']}]
        : []),
    ],
  },
  {name: 'unit', title: 'no network, no processes but our own', budget: 300, needs: []},
  {name: 'tools', title: "against the field's own tools", budget: 900, needs: ['toolbox', 'go tools']},
  {name: 'guest', title: 'kernels in QEMU', budget: 600, needs: ['toolbox']},
  {name: 'cluster', title: 'against a real control plane', budget: 400, needs: ['toolbox', 'go tools']},
  {
    name: 'e2e',
    title: 'the driver on a real node in QEMU',
    budget: 480,
    needs: ['toolbox', 'go tools'],
  },
  {
    name: 'nodes',
    title: 'more real nodes, KWOK’s nodes, other releases of Kubernetes, `lockstep dev cluster`',
    budget: 1800,
    needs: ['toolbox', 'go tools'],
    heavy: true,
  },
  {
    name: 'debug',
    title: 'the module in a kernel that watches it',
    budget: 900,
    needs: ['toolbox'],
    heavy: true,
  },
  {
    name: 'rebuild',
    title: 'the whole release made again from its archived inputs, in a toolbox root of its own',
    budget: 1800,
    needs: ['toolbox'],
    heavy: true,
  },
  {
    name: 'platform',
    title: 'the MLOps platform’s own programs: MLflow, AWS’s command before moto, argo’s linter, Terraform',
    budget: 1200,
    needs: ['toolbox', 'go tools'],
    heavy: true,
  },
  {
    name: 'soak',
    title: 'for as long as `--seconds` says, 600; a tenth of that with `--all`',
    budget: 630,
    needs: [],
    heavy: true,
  },
]
