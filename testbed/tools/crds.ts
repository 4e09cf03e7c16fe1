import {createHash} from 'node:crypto'
import {existsSync} from 'node:fs'
import {mkdir, rename, rm} from 'node:fs/promises'
import {join} from 'node:path'
import {fail} from '#lib/diagnostics.ts'
import {cacheDir, temporaryName, withLock} from '#release/effects/toolbox/cache.ts'
import {openToolbox} from '#release/effects/toolbox/toolbox.ts'
import {inside} from './tool.ts'

type Source = {module: string; sum: string; files: readonly string[]}

/** Custom resources that lie in Go modules: each module, its checksum, its files. */
const sources = {
  // The controllers watch every kind of source, whether somebody uses it or not.
  flux: [
    {
      module: 'github.com/fluxcd/helm-controller@v1.6.1',
      sum: 'h1:b0XKTQCGlQy4nOGfEFMbn/e+/j9IMEHSDlKecbZkG9M=',
      files: ['config/crd/bases/helm.toolkit.fluxcd.io_helmreleases.yaml'],
    },
    {
      module: 'github.com/fluxcd/kustomize-controller@v1.9.5',
      sum: 'h1:/XY2zy3K7fntyppEXIHG7oRMzmfgIt50eJzUfaPX1Kc=',
      files: ['config/crd/bases/kustomize.toolkit.fluxcd.io_kustomizations.yaml'],
    },
    {
      module: 'github.com/fluxcd/source-controller@v1.9.5',
      sum: 'h1:MFPyCodUi9hZIMaKDsC/rYbNoyzpvrAdrPVixj7W9F0=',
      files: [
        'buckets',
        'externalartifacts',
        'gitrepositories',
        'helmcharts',
        'helmrepositories',
        'ocirepositories',
      ].map(kind => `config/crd/bases/source.toolkit.fluxcd.io_${kind}.yaml`),
    },
  ],
  argocd: [
    {
      module: 'github.com/argoproj/argo-cd/v3@v3.5.3',
      sum: 'h1:klbUb5LOK+oJSBkR0OYGlLkG9IpsPVtSR2idOdaQb2I=',
      files: ['application', 'appproject'].map(kind => `manifests/crds/${kind}-crd.yaml`),
    },
  ],
  // Its JSON schema, which tells more than its CRDs.
  'argo-workflows': [
    {
      module: 'github.com/argoproj/argo-workflows/v3@v3.7.3',
      sum: 'h1:b0o03RTLXIL7lQunDEvLoDTeI5TbfXe2obGaItvvifk=',
      files: ['api/jsonschema/schema.json'],
    },
  ],
  kyverno: [
    {
      module: 'github.com/kyverno/kyverno@v1.15.2',
      sum: 'h1:1eDivq33TEgHwZkPl/4Id+9p+x6/3ieg1WzBGjmHWk0=',
      files: ['config/crds/kyverno/kyverno.io_clusterpolicies.yaml'],
    },
  ],
  'policy-controller': [
    {
      module: 'github.com/sigstore/policy-controller@v0.13.0',
      sum: 'h1:NAzGGn8TWQB3Bxek2/xd5mxvZR1Fn6RnttXTOfdm3Xk=',
      files: ['config/300-clusterimagepolicy.yaml'],
    },
  ],
} as const satisfies Record<string, readonly Source[]>

/**
 * A folder with the custom resource definitions of a GitOps engine, for `kubectl apply --server-side -f`.
 * @throws DiagnosticError exit 3: B501 a module is refused, B502 it is not the one that is pinned
 */
export async function customResources(engine: keyof typeof sources): Promise<string> {
  const wanted: readonly Source[] = sources[engine]
  const digest = createHash('sha256').update(JSON.stringify(wanted)).digest('hex').slice(0, 16)
  const folder = join(cacheDir(), 'tools', `crds-${engine}-${digest}`)
  if (existsSync(folder)) return folder
  await mkdir(join(cacheDir(), 'tools'), {recursive: true})
  await withLock(join(cacheDir(), 'tools', 'build.lock'), async () => {
    if (existsSync(folder)) return
    await mkdir(join(cacheDir(), 'go'), {recursive: true})
    const draft = await temporaryName(folder)
    await mkdir(draft)
    try {
      for (const one of wanted) await take(one, draft)
      await rename(draft, folder)
    } finally {
      await rm(draft, {recursive: true, force: true})
    }
  })
  return folder
}

/** What `go mod download -json` tells. */
type Download = {Dir: string; Zip: string; Sum: string}

async function take({module, sum, files}: Source, out: string) {
  const toolbox = await openToolbox()
  const run = (command: readonly string[]) => inside(command, 'crds', out, toolbox)
  const found = JSON.parse(await run(['go', 'mod', 'download', '-json', module])) as Download
  if (found.Sum !== sum)
    fail(
      {
        code: 'B502',
        message: `the Go module proxy gives ${module} with the checksum ${found.Sum}`,
        expected: sum,
        hint: 'use another module proxy; do not trust this one',
      },
      3,
    )
  const paths = files.map(file => `${found.Dir}/${file}`)
  await run(['cp', '--no-preserve=mode', ...paths, '/build/out/'])
  // A module is hundreds of megabytes, of which these files are all that is needed; Go stores it read-only.
  await run(['sh', '-c', 'chmod -R u+w "$@" && rm -rf "$@"', 'sh', found.Dir, found.Zip])
}
