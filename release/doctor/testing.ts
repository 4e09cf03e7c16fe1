/** Judging clusters in memory, for tests. */
import {readFileSync} from 'node:fs'
import {readCluster} from '../live/read.ts'
import {memoryKube, node, type Objects} from '../live/testing.ts'
import {matrixOf} from '../upgrade/testing.ts'
import {examine, type Report} from './examine.ts'

const matrices = Object.fromEntries(
  ['mock-device', 'kubevirt'].map(name => [
    name,
    matrixOf(readFileSync(new URL(`../../matrix/${name}.yaml`, import.meta.url), 'utf8')),
  ]),
)
export const now = new Date('2026-11-21T12:00:00Z')
export const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000).toISOString()

type Options = {metrics?: string; refuse?: (path: string) => number | undefined; matrix?: string}

/** A cluster of these objects, of one good node, and of one device class. */
export async function report(
  objects: Objects,
  {matrix: name = 'mock-device', ...options}: Options = {},
): Promise<Report> {
  const matrix = matrices[name]
  if (!matrix) throw new Error(name)
  const all = {nodes: [node('one')], classes: [{metadata: {name: 'gpu'}}], ...objects}
  return examine(await readCluster(memoryKube(all, options)), {matrix, now})
}

/** `Z040 problem poddisruptionbudget team/db: …` */
export async function found(objects: Objects, options: Options = {}): Promise<string[]> {
  const {findings} = await report(objects, options)
  return findings.map(f => `${f.code} ${f.level} ${f.about}: ${f.what}`)
}
