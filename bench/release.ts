import {execFile} from 'node:child_process'
import {generateKeyPairSync} from 'node:crypto'
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {readPlan} from '#release/publish/staged.ts'
import {type DockerRegistry, startDockerRegistry} from '#testbed/registry/docker-registry.ts'
import {openToolbox, type Toolbox} from '#testbed/toolbox/toolbox.ts'
import {cosign} from '#testbed/tools/cosign.ts'
import {type Bench, below, faster, type Row} from './measure.ts'
import {timed} from './processes.ts'

const root = join(import.meta.dirname, '..')
const lockstep = join(root, 'lockstep')

/**
 * The real release to an empty registry, signed and attested, against a shell script that sends the same with the field's
 * programs; then the same release once more, and its verification. The script gets a built dist/ for nothing, so building,
 * which ours does from a warm cache, counts against ours alone.
 */
export const bench: Bench = async ({progress}) => {
  const toolbox = await openToolbox({progress})
  const dir = await mkdtemp(join(tmpdir(), 'lockstep-bench-'))
  const registries: DockerRegistry[] = []
  try {
    const world = await prepare(dir, toolbox)
    const empty = async () => {
      for (const registry of registries.splice(0)) await registry.stop()
      await rm(join(dir, 'registry'), {recursive: true, force: true})
      const registry = await startDockerRegistry(join(dir, 'registry'))
      registries.push(registry)
      return `${registry.host}/acme`
    }
    const ours = (to: string) => world.publish(to)
    const rows: Row[] = [
      await faster(
        'the whole release to an empty registry, signed and attested',
        {name: 'lockstep build and publish', run: async () => ours(await empty())},
        {name: 'skopeo, oras, sha256sum, cosign', run: async () => world.script(release, await empty())},
        1.5,
        3,
      ),
    ]
    const target = await empty()
    await ours(target)
    rows.push(
      await below('a finished release once more', {name: 'lockstep publish', run: () => ours(target)}, 3000),
      await faster(
        'verifying a published release',
        {name: 'lockstep release verify', run: () => world.verify(target)},
        {name: 'skopeo, sha256sum, cosign', run: () => world.script(verify, target)},
        2,
        3,
      ),
    )
    return rows
  } finally {
    for (const registry of registries) await registry.stop()
    await rm(dir, {recursive: true, force: true})
  }
}

type World = {
  publish(to: string): Promise<number>
  verify(from: string): Promise<number>
  /** Milliseconds inside the toolbox root; entering it does not count. */
  script(text: string, registry: string): Promise<number>
}

/** A built release, a key in both programs' formats, and the list of what is published. */
async function prepare(dir: string, toolbox: Toolbox): Promise<World> {
  const dist = join(dir, 'dist')
  const checkout = join(dir, 'checkout')
  const execute = promisify(execFile)
  // Provenance tells of a commit, so what is released is one.
  await execute('git', ['clone', '--quiet', root, checkout])
  await execute(lockstep, ['release', 'build', '-q', '--root', checkout, '--out', dist], {cwd: root})
  const {privateKey, publicKey} = generateKeyPairSync('ec', {namedCurve: 'P-256'})
  await writeFile(join(dir, 'release.key'), privateKey.export({format: 'pem', type: 'pkcs8'}), {mode: 0o600})
  await writeFile(join(dir, 'release.pub'), publicKey.export({format: 'pem', type: 'spki'}))
  const plan = readPlan(await readFile(join(dist, 'plan.json')), 'plan.json')
  const lines = plan.artifacts.flatMap(({oci}) =>
    oci ? [[oci.repository, oci.tags[0], ...oci.floating].join(' ')] : [],
  )
  await writeFile(join(dir, 'artifacts'), `${lines.join('\n')}\n`)
  const binds = [
    {from: dir, to: '/build'},
    {from: await cosign('forky'), to: '/build/cosign'},
  ]
  const inside = async (text: string, registry: string) => {
    const {code, stdout, stderr} = await toolbox.run(
      ['bash', '-euc', `s=$(date +%s%N)\n${text}\ne=$(date +%s%N); echo; echo $((e - s))`, 'bench', registry],
      {binds, cwd: '/build', env: {COSIGN_PASSWORD: ''}},
    )
    const log = await readFile(join(dir, 'log'), 'utf8').catch(() => '')
    if (code !== 0) throw new Error(`${stdout}${stderr}${log.slice(-2000)}`)
    return Number(stdout.toString().trim().split('\n').at(-1)) / 1e6
  }
  await writeFile(join(dir, 'cosign'), '')
  await inside('/build/cosign import-key-pair --key release.key --output-key-prefix script 2> import.log', '')
  const run = (...words: string[]) => timed([lockstep, ...words, '-q', '--root', checkout], {cwd: root})
  return {
    publish: async to =>
      (await run('release', 'build', '--out', dist)) +
      (await run(
        'release',
        'publish',
        '--from',
        dist,
        '--to',
        to,
        '--yes',
        '--sign-key',
        join(dir, 'release.key'),
      )),
    verify: from =>
      run('release', 'verify', from, '--release', plan.version, '--key', join(dir, 'release.pub')),
    script: inside,
  }
}

const cosignFlags =
  '--yes --key script.key --use-signing-config=false --tlog-upload=false --allow-http-registry'

/** As good scripts go: images in turn, each with signature, provenance and bill of materials, floating tags last. */
const release = `
(cd dist/release && sha256sum $(ls | grep -v SHA256SUMS) > /build/sums)
echo '{"buildType":"script"}' > provenance.json
head -c 100000 dist/release/*.spdx.json > sbom.json
while read -r repository tag floating; do
  oras cp --from-oci-layout --to-plain-http "dist/oci/$repository:$tag" "$1/$repository:$tag" > /dev/null
  digest=$(skopeo inspect --raw --tls-verify=false "docker://$1/$repository:$tag" | sha256sum | cut -d' ' -f1)
  subject="$1/$repository@sha256:$digest"
  ./cosign sign ${cosignFlags} "$subject" 2>> log
  ./cosign attest ${cosignFlags} --type slsaprovenance1 --predicate provenance.json "$subject" 2>> log
  oras attach --plain-http --artifact-type application/spdx+json "$subject" sbom.json:application/spdx+json > /dev/null
  oras attach --plain-http --artifact-type application/vnd.cyclonedx+json "$subject" sbom.json:application/vnd.cyclonedx+json > /dev/null
done < artifacts
while read -r repository tag floating; do
  for name in $floating; do oras tag --plain-http "$1/$repository:$tag" "$name" > /dev/null; done
done < artifacts
./cosign sign-blob --yes --key script.key --use-signing-config=false --tlog-upload=false --bundle sums.sigstore.json sums 2>> log > /dev/null`

const trust = '--key release.pub --insecure-ignore-tlog=true --allow-http-registry'

/** Every blob is fetched and compared with its digest, every signature and provenance checked; bills of materials are not. */
const verify = `
rm -rf copy files; mkdir copy files
while read -r repository tag floating; do
  mkdir -p "copy/$(dirname "$repository")"
  skopeo copy -q --all --insecure-policy --src-tls-verify=false "docker://$1/$repository:$tag" "oci:copy/$repository:$tag"
  digest=$(skopeo inspect --raw --tls-verify=false "docker://$1/$repository:$tag" | sha256sum | cut -d' ' -f1)
  subject="$1/$repository@sha256:$digest"
  ./cosign verify ${trust} "$subject" > /dev/null 2>> log
  ./cosign verify-attestation ${trust} --type slsaprovenance1 "$subject" > /dev/null 2>> log
done < artifacts
oras pull --plain-http -o files "$1/mock-device:$(awk '$1 == "mock-device" {print $2}' artifacts)" > /dev/null
(cd files && sha256sum --quiet -c SHA256SUMS)`
