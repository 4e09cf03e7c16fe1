import {randomBytes} from 'node:crypto'
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {realFiles} from '#release/effects/files.ts'
import {forEachLimited} from '#release/lib/limit.ts'
import {copyTree, pushPacked} from '#release/lib/oci/copy.ts'
import {blobOf, bytesSource, mediaTypes} from '#release/lib/oci/descriptor.ts'
import {packImage} from '#release/lib/oci/image.ts'
import {layoutTarget} from '#release/lib/oci/layout.ts'
import {registryTarget} from '#release/lib/registry/registry.ts'
import {startDockerRegistry} from '#testbed/registry/docker-registry.ts'
import {openToolbox} from '#testbed/toolbox/toolbox.ts'
import {type Bench, faster} from './measure.ts'

const images = 12
const mebi = 1 << 20

/**
 * 300 MB in 12 images that share layers, from an OCI layout to a fresh docker-registry, each image to a repository of
 * its own (two uploads of one blob into one repository at once trip docker-registry 2.8 itself): against skopeo for one
 * after the other, and oras four at once.
 */
export const bench: Bench = async ({progress}) => {
  const toolbox = await openToolbox({progress})
  const dir = await mkdtemp(join(tmpdir(), 'lockstep-bench-'))
  const files = realFiles({durable: false})
  const layout = layoutTarget(files, dir)
  try {
    await fill(layout.repository('image'))
    const fresh = async <T>(work: (host: string) => Promise<T>): Promise<number> => {
      const home = await mkdtemp(join(tmpdir(), 'lockstep-bench-registry-'))
      const registry = await startDockerRegistry(home)
      try {
        const start = performance.now()
        const own = await work(registry.host)
        return typeof own === 'number' ? own : performance.now() - start
      } finally {
        await registry.stop()
        await rm(home, {recursive: true, force: true})
      }
    }
    const ours = {
      name: 'lockstep',
      run: () =>
        fresh(async host => {
          const target = registryTarget({
            host,
            origin: `http://${host}`,
            prefix: '',
            fetch,
            credentials: async () => undefined,
          })
          const from = layout.repository('image')
          await forEachLimited(tags, 4, async tag => {
            const to = target.repository(`image-${tag}`)
            const root = await copyTree(from, tag, to)
            await to.tag(tag, root)
          })
        }),
    }
    // Timed inside the root, so that entering it does not count.
    const inside = (script: string) => ({
      run: () =>
        fresh(async host => {
          const {stdout, stderr, code} = await toolbox.run(
            [
              'bash',
              '-c',
              `s=$(date +%s%N); ${script}; e=$(date +%s%N); echo; echo $((e - s))`,
              'bench',
              host,
              ...tags,
            ],
            {binds: [{from: dir, to: '/build/layout', readonly: true}]},
          )
          if (code !== 0) throw new Error(stderr.toString())
          return Number(stdout.toString().trim().split('\n').at(-1)) / 1e6
        }),
    })
    const skopeo = inside(
      'host=$1; shift; set -e; for tag; do skopeo copy -q --insecure-policy --dest-tls-verify=false "oci:/build/layout/image:$tag" "docker://$host/image-$tag:$tag"; done',
    )
    const oras = inside(
      'host=$1; shift; set -e; printf "%s\\n" "$@" | xargs -P 4 -I{} oras cp --from-oci-layout "/build/layout/image:{}" --to-plain-http "$host/image-{}:{}" > /dev/null',
    )
    return [
      await faster(
        'push 300 MB in 12 images with shared layers',
        ours,
        {name: '12 skopeo copy in turn', ...skopeo},
        1.5,
        5,
      ),
      await faster(
        'push 300 MB in 12 images with shared layers',
        ours,
        {name: 'oras cp, 4 at once', ...oras},
        1,
        5,
      ),
    ]
  } finally {
    await rm(dir, {recursive: true, force: true})
  }
}

const tags = Array.from({length: images}, (_, i) => `v${i}`)

/** Two layers of 30 MiB that all images share, and one of 20 MiB for each: 300 MiB altogether. */
async function fill(to: ReturnType<ReturnType<typeof layoutTarget>['repository']>): Promise<void> {
  const layer = (size: number) => {
    const blob = blobOf(randomBytes(size), mediaTypes.layer)
    return {...blob, source: blob.source ?? bytesSource(new Uint8Array()), diffId: blob.descriptor.digest}
  }
  const shared = [layer(30 * mebi), layer(30 * mebi)]
  for (const tag of tags) {
    const image = packImage({
      platform: {architecture: 'amd64', os: 'linux'},
      layers: [...shared, layer(20 * mebi)],
      created: 0,
    })
    await pushPacked(to, image)
    await to.tag(tag, image.descriptor)
  }
}
