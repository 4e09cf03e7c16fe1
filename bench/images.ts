import {mkdtemp, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {hexOf} from '#release/lib/digest.ts'
import {type Manifest, parseManifest} from '#release/lib/oci/manifest.ts'
import type {Bench, Row} from './measure.ts'
import {timed} from './processes.ts'

const root = join(import.meta.dirname, '..')
const images = ['mock-accel-dra-driver', 'dra-sanity']
/** 48 MB, compressed, as a registry counts them. */
const most = 48_000_000 / 2 ** 20

/** What a node fetches for an image that it has no layer of. */
export const bench: Bench = async () => {
  const dist = await mkdtemp(join(tmpdir(), 'lockstep-bench-'))
  try {
    await timed([join(root, 'lockstep'), 'release', 'build', '-q', '--out', dist])
    return (await Promise.all(images.map(image => rowsOf(image, join(dist, 'oci', image))))).flat()
  } finally {
    await rm(dist, {recursive: true, force: true})
  }
}

async function rowsOf(image: string, layout: string): Promise<Row[]> {
  const read = async ({digest, mediaType}: Manifest['manifests'][number]): Promise<Manifest> =>
    parseManifest(await readFile(join(layout, 'blobs/sha256', hexOf(digest))), mediaType, image)
  const [tagged] = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8')).manifests
  const {manifests} = await read(tagged)
  return Promise.all(
    manifests.map(async (one): Promise<Row> => {
      const {blobs} = await read(one)
      const mib = blobs.reduce((sum, {size}) => sum + size, 0) / 2 ** 20
      const what = `${image} for ${one.platform?.architecture}, compressed`
      return {what, ours: {name: `${blobs.length - 1} layers`, mib}, limit: {mib: most, met: mib <= most}}
    }),
  )
}
