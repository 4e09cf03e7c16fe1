/** For tests: a small release, built and committed, and places to cut it to, all of them in this process. */
import {execFileSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {startGitHub} from '#testbed/github/server.ts'
import type {StandIn} from '#testbed/github/stand-in.ts'
import {
  type RegistryServer,
  type RegistryServerOptions,
  type StoredRepository,
  startRegistry,
} from '#testbed/registry/server.ts'
import {testSigner} from '../trust/testing.ts'
import {git, smallCheckout} from './test-checkout.ts'
import {done, type Ended, run} from './test-process.ts'

export const version = '0.2.0'
export const tag = `v${version}`

export type SmallRelease = {
  /** A checkout with one commit. */
  root: string
  /** What `release build` made of it. */
  dist: string
  /** For what else a test writes. */
  work: string
  /** Of the key that releases are signed with. */
  publicKey: string
  privateKey: string
  place(wanted?: Wanted): Promise<Place>
  remove(): void
}

export type Wanted = {
  /** Of GitHub. */
  token?: string
  registry?: RegistryServerOptions
  /** Instead of the release above, signed with the key above. */
  args?: readonly string[]
}

/** Everything outside that a release goes to, empty at first. */
export type Place = {
  /** A bare repository. */
  remote: string
  registry: RegistryServer
  github: StandIn
  /** What `release cut` and `release status` have to be told. */
  args: string[]
  env: NodeJS.ProcessEnv
  /** Another clone of the commit, of somebody who may push to the remote. */
  clone(who: string): string
  close(): Promise<void>
}

export async function smallRelease(): Promise<SmallRelease> {
  const {root, remove} = await smallCheckout()
  const work = mkdtempSync(join(tmpdir(), 'cut-'))
  const removeAll = () => {
    remove()
    rmSync(work, {recursive: true, force: true})
  }
  try {
    const signer = testSigner()
    const [privateKey, publicKey] = [join(work, 'release.key'), join(work, 'release.pub')]
    writeFileSync(privateKey, signer.privateKey)
    writeFileSync(publicKey, signer.publicKey.export({format: 'pem', type: 'spki'}))
    const dist = join(work, 'dist')
    done(await run(['generate'], {root}), 'generate')
    git(root, 'init', '--quiet', '--initial-branch=main')
    git(root, 'add', '--all')
    git(root, 'commit', '--quiet', '--message', 'Prepare a release')
    done(await run(['release', 'build', '--out', dist, '--quiet'], {root}), 'build')
    const args = ['--from', dist, '--sign-key', privateKey]
    const place = (wanted: Wanted = {}) => openPlace(root, work, {args, ...wanted})
    return {root, dist, work, publicKey, privateKey, place, remove: removeAll}
  } catch (error) {
    removeAll()
    throw error
  }
}

async function openPlace(
  root: string,
  work: string,
  {token = 'a-token', registry: options, args = []}: Wanted,
): Promise<Place> {
  const dir = mkdtempSync(join(work, 'place-'))
  const remote = join(dir, 'remote.git')
  git(work, 'init', '--quiet', '--bare', remote)
  const registry = await startRegistry({referrers: true, ...options})
  const {api, standIn, close} = await startGitHub(token)
  mkdirSync(join(dir, 'docker'))
  return {
    remote,
    registry,
    github: standIn,
    args: [...args, '--to', `${registry.host}/acme`],
    env: {
      GH_TOKEN: token,
      GITHUB_API_URL: api,
      GITHUB_REPOSITORY: 'acme/mock-device',
      DOCKER_CONFIG: join(dir, 'docker'),
    },
    clone: who => {
      const clone = join(dir, who)
      git(dir, 'clone', '--quiet', root, clone)
      git(clone, 'remote', 'set-url', 'origin', remote)
      git(clone, 'config', 'user.name', who)
      git(clone, 'config', 'user.email', `${who}@example.com`)
      git(clone, 'config', 'tag.gpgsign', 'false')
      return clone
    },
    close: async () => {
      await Promise.all([registry.close(), close()])
      rmSync(dir, {recursive: true, force: true})
    },
  }
}

/** `release cut --yes` by the whole process. */
export function cut({args, env}: Place, root: string, dieAt?: number): Promise<Ended> {
  return run(['release', 'cut', '--yes', '--quiet', ...args], {root, env, ...(dieAt ? {dieAt} : {})})
}

/** All that can be seen from outside, without what differs each time: signatures' bytes and GitHub's numbers. */
export function seen({remote, registry, github}: Place) {
  const releases = github.releases.map(({id: _, upload_url: __, html_url: ___, assets, ...release}) => ({
    ...release,
    assets: assets.map(a => [a.name, a.state, /\.sigstore\.json$/.test(a.name) ? '' : a.digest]).sort(),
  }))
  return {
    tags:
      execFileSync('git', ['ls-remote', remote])
        .toString()
        .match(/.*\^\{\}$/gm) ?? [],
    registry: Object.fromEntries(
      [...registry.repositories]
        .filter(([, {manifests}]) => manifests.size > 0)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, stored]) => [name, {tags: [...stored.tags].sort(), hanging: hanging(stored)}]),
    ),
    releases,
    latest: github.releases.find(r => r.id === github.latest)?.tag_name,
  }
}

type Manifest = {
  subject?: {digest: string}
  artifactType?: string
  annotations?: Record<string, string>
}

/** Manifests: by digest, but what hangs on another by that one's digest and its own kind, so often as it is there. */
function hanging({manifests}: StoredRepository): string[] {
  return [...manifests]
    .map(([digest, {bytes}]) => {
      const {subject, artifactType, annotations} = JSON.parse(bytes.toString()) as Manifest
      const kind = annotations?.['dev.sigstore.bundle.predicateType'] ?? artifactType
      return subject ? `${kind} on ${subject.digest}` : digest
    })
    .sort()
}
