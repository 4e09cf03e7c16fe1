/** A plan of two hops as it is emitted for Argo CD and Flux, in a Git repository that both can read. */
import {execFile} from 'node:child_process'
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {promisify} from 'node:util'
import {gitopsFiles} from '#release/emit/gitops.ts'
import {givenFor} from '#release/emit/testing.ts'
import {minimal} from '#release/matrix/testdata/minimal.ts'
import {matrixOf} from '#release/upgrade/testing.ts'
import type {World} from './testing.ts'

/** The driver's chart first, since the records need the newer one; what moves the records is a Job. */
const matrixText = (owner: string, values: string) => `${minimal.slice(0, minimal.indexOf('components:'))}
components:
  product: {title: The driver, scheme: semver, versions: [{version: 0.2.0}, {version: 0.2.1}]}
  records: {title: The records, scheme: semver, versions: [{version: 1.0.0}, {version: 2.0.0}]}
rules:
  - {id: records-2, when: {records: 2.0.0}, requires: {product: '>=0.2.1'}, level: supported, because: They are of the newer driver., source: docs, asOf: 2026-11-21}
transitions:
  - {id: product-up, component: product, back: {}, level: supported, because: Any step up., source: docs, asOf: 2026-11-21}
  - {id: records-up, component: records, back: {}, level: supported, because: Any step up., source: docs, asOf: 2026-11-21}
procedures:
  - id: product-any
    title: The driver
    component: product
    change: [{title: Raise it., set: {chart: mock-device, repository: 'oci://${owner}/charts', release: mock-device, namespace: mock-device, to: '{{version}}', values: ${values}}}]
    verify: [{title: It answers., run: ['true']}]
  - id: records-any
    title: The records
    component: records
    change: [{title: Move them., run: ['echo {{version}}']}]
`

export type EmittedSite = {
  /** The repository's folder. */
  folder: string
  /** The text of a file of the emitted folder. */
  text(path: string, hop?: 1 | 2): string
  /** The Job of a step, such as `1-2`. */
  job(step: string): string
  remove(): Promise<void>
}

/**
 * @param values of the chart, as YAML
 * @param change of each file, as a site would patch it
 */
export async function emittedSite(
  engine: 'argocd' | 'flux',
  {owner}: World,
  values: string,
  change: (text: string) => string = text => text,
): Promise<EmittedSite> {
  const folder = await mkdtemp(join(tmpdir(), 'site-'))
  const parameters = {'upgrade-repository': `file://${folder}`, 'upgrade-path': 'upgrades/driver'}
  const versions = {product: '0.2.0..0.2.1', records: '1.0.0..2.0.0'}
  const given = givenFor(matrixOf(matrixText(owner, values)), versions, parameters)
  const [first, second] = given.plan.hops
  if (!first || !second || given.plan.hops.length > 2) throw new Error('there are not two hops')
  const emitted = {
    1: gitopsFiles(engine, given, first, () => undefined),
    2: gitopsFiles(engine, given, second, () => undefined),
  }
  for (const {path, text} of emitted[1]) {
    const file = join(folder, 'upgrades/driver', path)
    await mkdir(dirname(file), {recursive: true})
    await writeFile(file, change(text))
  }
  const git = (...args: string[]) =>
    promisify(execFile)('git', ['-c', 'user.name=T', '-c', 'user.email=t@example.com', ...args], {
      cwd: folder,
    })
  await git('init', '-q', '-b', 'main')
  await git('add', '.')
  await git('commit', '-qm', 'An upgrade')
  return {
    folder,
    text: (path, hop = 1) => {
      const found = emitted[hop].find(file => file.path === path)
      if (!found) throw new Error(`${path} is not emitted`)
      return found.text
    },
    job: step => {
      const names = emitted[1].flatMap(({text}) =>
        [...text.matchAll(/^ {2}name: (\S+)$/gm)].map(([, name = '']) => name),
      )
      const name = names.find(one => one.endsWith(`-${step}`))
      if (name === undefined) throw new Error(`there is no Job of step ${step}`)
      return name
    },
    remove: () => rm(folder, {recursive: true, force: true}),
  }
}
