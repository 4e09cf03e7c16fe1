/** docs/examples/dra-sanity, applied; its containers' programs run here, with no rights but its account's. */
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {parse, parseAllDocuments, stringify} from 'yaml'
import {type ControlPlane, mustKubectl, startControlPlane} from '#testbed/cluster/control-plane.ts'
import {addFakeNode} from '#testbed/cluster/nodes.ts'
import {needTools} from '#testbed/needs.ts'
import {openPodApi} from './api.ts'
import {type Owned, own} from './hooks.ts'
import {main} from './main.ts'

const tools = await needTools('kubectl', 'kube-apiserver')
const repository = join(import.meta.dirname, '../..')
const example = join(repository, 'docs/examples/dra-sanity/job.yaml')
const driver = join(repository, 'dra-driver/src/main.ts')

type Container = {args: string[]}
type Spec = {initContainers: [Container]; containers: [Container]}

describe.skipIf(!tools)('the Job of the examples', () => {
  let plane: ControlPlane
  let root: string
  let plugin: Owned | undefined
  let spec: Spec
  /** As in the container: its folders are below `root`, and it knows the node's name. */
  const args = ({args: given}: Container) =>
    given.map(arg =>
      arg
        .replace('$(NODE_NAME)', 'node1')
        .replace(/=\/(sanity|config)/, `=${root}/$1`)
        .replace(/(?<=config)\//, '-')
        .replace('--in-cluster', `--kubeconfig=${root}/kubeconfig`),
    )

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'job-'))
    plane = await startControlPlane()
    await addFakeNode(plane, 'node1', '6.12.107-amd64')
    await mustKubectl(plane, ['apply', '-f', example])
    const token = await mustKubectl(plane, ['create', 'token', 'dra-sanity', '-n', 'dra-sanity'])
    const ca = parse(plane.kubeconfigText).clusters[0].cluster['certificate-authority-data']
    const objects = parseAllDocuments(await readFile(example, 'utf8')).map(one => one.toJS())
    const of = (kind: string) => objects.find(one => one.kind === kind)
    spec = of('Job').spec.template.spec
    const place = (name: string) => join(root, name)
    await writeFile(place('config-topology.yaml'), of('ConfigMap').data['topology.yaml'])
    await Promise.all([
      writeFile(place('ca.crt'), Buffer.from(ca, 'base64')),
      writeFile(place('token'), token),
      writeFile(place('kubeconfig'), stringify(kubeconfig(plane.server, ca, token.trim()))),
    ])
    const [init] = spec.initContainers
    const words = [...args(init), `--kubeconfig=${root}/kubeconfig`].map(word => `'${word}'`)
    plugin = own(`exec '${process.execPath}' '${driver}' ${words.join(' ')}`)
  })
  afterAll(async () => {
    await plugin?.stop()
    await plane?.stop()
    if (root) await rm(root, {recursive: true, force: true})
  })

  // Those that need each right of the account once; all of them take half a minute.
  test('ends well with the rights of its account', async () => {
    const some = '--scenario=register,slices-sound,prepare-v1,unprepare-deleted,slices-wiped'
    const report = join(root, 'report.json')
    const [container] = spec.containers
    const code = await main([...args(container), some, '--report=json', `--output=${report}`])
    const {counts, results} = JSON.parse(await readFile(report, 'utf8'))
    const bad = results.filter((one: {status: string}) => one.status !== 'pass')
    expect(bad, plugin?.output()).toEqual([])
    expect([code, counts.pass]).toEqual([0, 5])
  })

  test('finds the API server as a pod does', async () => {
    const {hostname, port} = new URL(plane.server)
    const env = {KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port}
    const api = await openPodApi(env, root)
    const {items} = await api.get<{items: []}>(
      '/apis/resource.k8s.io/v1/namespaces/dra-sanity/resourceclaims',
    )
    expect(items).toEqual([])
    await expect(api.get('/api/v1/secrets')).rejects.toMatchObject({diagnostics: [{code: 'F010'}]})
    api.close()
  })
})

const kubeconfig = (server: string, ca: string, token: string) => ({
  apiVersion: 'v1',
  kind: 'Config',
  'current-context': 'pod',
  clusters: [{name: 'own', cluster: {server, 'certificate-authority-data': ca}}],
  users: [{name: 'own', user: {token}}],
  contexts: [{name: 'pod', context: {cluster: 'own', user: 'own'}}],
})
