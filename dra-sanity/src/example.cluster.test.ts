/** docs/examples/dra-sanity, applied; its containers' programs run here, with no rights but its account's. */
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {parse, parseAllDocuments, stringify} from 'yaml'
import {type ControlPlane, mustKubectl, startControlPlane} from '#testbed/cluster/control-plane.ts'
import {addFakeNode} from '#testbed/cluster/nodes.ts'
import {needTools} from '#testbed/needs.ts'
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
        .replace(/(?<=config)\//, '-'),
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
    const {data} = of('ConfigMap')
    await writeFile(join(root, 'config-topology.yaml'), data['topology.yaml'])
    const config = parse(data.kubeconfig)
    config.clusters[0].cluster = {server: plane.server, 'certificate-authority-data': ca}
    config.users[0].user = {token: token.trim()}
    await writeFile(join(root, 'config-kubeconfig'), stringify(config))
    const [init] = spec.initContainers
    const words = [...args(init), `--kubeconfig=${root}/config-kubeconfig`].map(word => `'${word}'`)
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
})
