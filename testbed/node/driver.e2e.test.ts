import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {afterAll, afterEach, beforeAll, describe, expect, test} from 'vitest'
import {parseAllDocuments} from 'yaml'
import {shows} from '../evidence.ts'
import {needTools} from '../needs.ts'
import {type DriverCluster, driverCluster, driverNamespace, podImage} from './test-driver.ts'
import {
  allocations,
  clear,
  ended,
  expectNothingLeft,
  phases,
  podWithClaim,
  readPod,
  running,
  sleeping,
  traces,
} from './testing.ts'
import {versionsOf} from './versions.ts'

const tools = await needTools('helm4', 'kubectl', 'kube-apiserver', 'kubelet')

/** One PF with three VFs, and one without: five devices that scheduling may choose. */
const topology = `
apiVersion: mock-accel/v1
kind: Topology
memory: 1Gi
devices: [{vfs: 3}, {}]
`

/** Milliseconds after which the driver is killed; what it does takes some hundreds. */
const delays = process.env.TEST_ALL ? [0, 100, 200, 400, 800, 1600, 3200] : [0, 400, 1600]

describe.skipIf(!tools)('the driver, from the chart in a registry to a pod on a real node', () => {
  let cluster: DriverCluster
  beforeAll(async () => {
    cluster = await driverCluster([{name: 'node1', topology}])
  })
  afterAll(() => cluster?.stop())
  // One that failed shall not take the others with it.
  afterEach(() => clear(cluster))

  const devices = ['mock0', 'mock0v0', 'mock0v1', 'mock0v2', 'mock1'].map(name => `node1/unknown/${name}`)
  const node = () => cluster.node('node1')
  /** SIGKILL, as the kernel does it when memory runs out; kubelet starts it again. */
  const killDriver = () => node().get("node sh -c 'kill -9 $(pidof node)' || true")
  const driverReady = () =>
    cluster.until('the driver ready', async () => {
      const path = `/apis/apps/v1/namespaces/${driverNamespace}/daemonsets`
      const {items} = await cluster.read<{items: {status: {numberReady: number}}[]}>(path)
      return items[0]?.status.numberReady === 1
    })
  const sleeper = (name: string, more = {}) => podWithClaim(name, sleeping, more)

  test('helm installs it; every device is published', async () => {
    await cluster.helm('install')
    await cluster.until('all slices', async () => (await cluster.published()).length === devices.length)
    expect(await cluster.published()).toEqual(devices)
  })

  test('a pod sees its device, and only that; makes a passphrase; ends; the device is free again', async context => {
    const script = `
      cd /sys/bus/pci/devices/$MOCK_ACCEL_PCI/mock-accel/$MOCK_ACCEL_DEVICE
      echo "uuid $([ "$(cat uuid)" = "$MOCK_ACCEL_UUID" ] && echo same)"
      echo "status $(cat status)"
      (echo free > status) 2>/dev/null && echo written
      echo "devices $(ls /dev | grep -c mock)"
      echo "phrase $(exercise many /dev/$MOCK_ACCEL_DEVICE 1 | head -1)"`
    const [template, pod] = podWithClaim('phrase', script, {image: podImage})
    await cluster.apply(...[template, pod].filter(one => one !== undefined))
    await ended(cluster, 'phrase')
    expect((await cluster.get('logs', 'phrase')).split('\n')).toEqual([
      'uuid same',
      'status allocated',
      'devices 1',
      expect.stringMatching(/^phrase [a-z]+(-[a-z]+){3}$/),
    ])
    await expectNothingLeft(cluster)
    shows(context, ['kubernetes-for-0.2', 'containerd-2-for-kubernetes-1.36'], await versionsOf(cluster))
  })

  test('helm test and examples of the documentation: a PF, parameters, an extended resource', async () => {
    const tested = cluster.helmTest()
    const names = ['pf', 'config', 'extended-resource']
    for (const name of names) {
      const text = readFileSync(join(import.meta.dirname, `../../docs/examples/${name}.yaml`), 'utf8')
      const images = text.replaceAll(/image: busybox.*/g, 'image: localhost/busybox:1')
      await cluster.apply(...parseAllDocuments(images).map(one => one.toJS() as object))
    }
    for (const name of names) expect(await ended(cluster, name), name).toBe('Succeeded')
    expect(await tested).toMatch(/^mock\d(v\d)? [0-9a-f-]{36} 0000:[0-9a-f:.]+$/m)
    await expectNothingLeft(cluster)
  })

  test('no two pods get one device, and who finds none waits', async () => {
    await cluster.apply(...['a', 'b', 'c', 'd'].flatMap(name => sleeper(name)))
    const three = async () => (await phases(cluster)).join() === 'Pending,Running,Running,Running'
    await cluster.until('three running', three)
    const held = await allocations(cluster)
    expect(held).toEqual(devices.filter(name => /v\d$/.test(name)))
    await cluster.get('delete', 'pod', 'a', '--wait=false')
    await running(cluster, 'd').catch(() => running(cluster, 'b'))
    await cluster.until('three again', async () => new Set(await allocations(cluster)).size === 3)
    await expectNothingLeft(cluster)
  })

  test('killed at any moment of prepare and unprepare, it comes to the same end', async () => {
    const last = delays.length
    // Each kill hits the start of one pod and the end of the one before it.
    for (const [i, delay] of [...delays, delays[0] ?? 0].entries()) {
      if (i < last) await cluster.apply(...sleeper(`killed-${i}`))
      if (i > 0) await cluster.get('delete', 'pod', `killed-${i - 1}`, '--wait=false')
      await sleep(delay)
      await killDriver()
      // kubelet waits longer before each new try to register a driver that was not there.
      if (i < last) await running(cluster, `killed-${i}`, 480)
      await cluster.until(
        'the ones before gone',
        async () => (await phases(cluster)).length === (i < last ? 1 : 0),
        480,
      )
    }
    await expectNothingLeft(cluster)
    await driverReady()
  }, 3_600_000)

  test('kubelet restarted under a running pod: it runs on, slices come back, nothing is prepared twice', async () => {
    await cluster.apply(...sleeper('steady'))
    await running(cluster, 'steady')
    const before = [await allocations(cluster), await traces(cluster)]
    const container = async () => (await readPod(cluster, 'steady')).status.containerStatuses?.[0].containerID
    const id = await container()
    await node().get('killall kubelet')
    await cluster.apply(...sleeper('after'))
    await running(cluster, 'after')
    await cluster.until('all slices', async () => (await cluster.published()).length === devices.length)
    await cluster.get('delete', 'pod', 'after', '--wait=true')
    await cluster.until('its claim gone', async () => (await allocations(cluster)).length === 1)
    expect([await allocations(cluster), await traces(cluster)]).toEqual(before)
    expect(await container()).toBe(id)
    await expectNothingLeft(cluster)
  })

  test('updated under running pods, which notice nothing', async () => {
    await cluster.apply(...sleeper('old'))
    await running(cluster, 'old')
    await cluster.helm('upgrade', '--set', 'draDriver.podAnnotations.round=second')
    await cluster.apply(...sleeper('new'))
    await running(cluster, 'new')
    expect(new Set(await allocations(cluster)).size).toBe(2)
    expect(await cluster.published()).toEqual(devices)
    const sockets = await node().get('node ls /var/lib/kubelet/plugins_registry')
    expect(sockets.split('\n').filter(name => name.startsWith('mock-accel'))).toHaveLength(1)
    await expectNothingLeft(cluster)
  })

  test('a claim deleted by force under its pod: the device is free once the pod is gone', async () => {
    await cluster.apply(...sleeper('robbed'))
    await running(cluster, 'robbed')
    const claim = await cluster.get('get', 'resourceclaims', '-o', 'name')
    await cluster.get('delete', claim, '--wait=false')
    await cluster.get('patch', claim, '--type=merge', '-p', '{"metadata":{"finalizers":null}}')
    // As long as the pod runs, nobody else may have the device, whatever the API says.
    await cluster.apply(...['x', 'y', 'z'].flatMap(name => sleeper(name)))
    const three = async () => (await phases(cluster)).filter(one => one === 'Running').length === 3
    await cluster.until('two more running', three)
    const env = await Promise.all(
      ['robbed', 'x', 'y', 'z'].map(pod =>
        cluster.get('exec', pod, '--', 'printenv', 'MOCK_ACCEL_DEVICE').catch(() => 'none'),
      ),
    )
    expect(env.filter(one => one !== 'none')).toHaveLength(new Set(env.filter(one => one !== 'none')).size)
    await expectNothingLeft(cluster)
  })

  /** A container that may load modules, or may not and then finds itself refused. */
  const loader = (command: string, may: boolean) => ({
    name: `${command.split(' ')[0]}-${may ? 'allowed' : 'refused'}`,
    image: podImage,
    imagePullPolicy: 'Never',
    command: ['sh', '-c', may ? command : `! ${command}`],
    // Not privileged: what KMM asks for its worker, under containerd's own seccomp profile.
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: {drop: ['ALL'], add: may ? ['SYS_MODULE'] : []},
      seccompProfile: {type: 'RuntimeDefault'},
    },
  })

  test('the module is unloaded and loaded by pods with SYS_MODULE, under crun and under runc', async () => {
    const [unload, load] = ['rmmod mock_accel', 'insmod /lib/mock-accel.ko']
    for (const name of ['crun', 'runc']) {
      await cluster.apply(
        {apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata: {name}, handler: name},
        {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: {name, namespace: 'default'},
          spec: {
            runtimeClassName: name,
            restartPolicy: 'Never',
            initContainers: [loader(unload, false), loader(unload, true), loader(load, false)],
            containers: [loader(load, true)],
          },
        },
      )
      expect(await ended(cluster, name), name).toBe('Succeeded')
      // Loaded anew: nothing is switched on.
      const vfs = '/sys/class/mock-accel/mock0/device/sriov_numvfs'
      expect(await node().get(`cat ${vfs}; echo 3 > ${vfs}`)).toBe('0')
    }
    await cluster.until('all devices', async () => (await cluster.published()).length === devices.length)
    await cluster.apply(...podWithClaim('again', 'exit 0'))
    expect(await ended(cluster, 'again')).toBe('Succeeded')
    await expectNothingLeft(cluster)
  })

  test('the node rebooted: the pod is prepared anew, with the same device', async () => {
    await cluster.apply(
      ...podWithClaim('survivor', `echo $MOCK_ACCEL_DEVICE; ${sleeping}`, {restart: 'Always'}),
    )
    await running(cluster, 'survivor')
    const before = await allocations(cluster)
    const restarts = async () =>
      (await readPod(cluster, 'survivor')).status.containerStatuses?.[0].restartCount ?? 0
    await node().reset()
    await cluster.until('started again', async () => (await restarts()) > 0, 480)
    await running(cluster, 'survivor')
    expect(await allocations(cluster)).toEqual(before)
    expect(await cluster.get('logs', 'survivor')).toBe(before[0]?.split('/').at(-1))
    await expectNothingLeft(cluster)
  })

  test('killed with SIGKILL, the cluster leaves no process behind', async () => {
    const pids = family(cluster.pid)
    expect(pids.length).toBeGreaterThan(6)
    process.kill(cluster.pid, 'SIGKILL')
    await cluster.until('all gone', async () => pids.every(pid => !lives(pid)), 10)
  })
})

/** A process and all that it started. */
function family(pid: number): number[] {
  const parents = readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(name => [Number(name), parentOf(name)] as const)
  const below = (one: number): number[] => [
    one,
    ...parents.flatMap(([child, of]) => (of === one ? below(child) : [])),
  ]
  return below(pid)
}

function parentOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return undefined
  }
}

/** Zombies do not count: their parent has yet to look. */
function lives(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
