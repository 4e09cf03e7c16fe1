/** Builds the release that the matrix lists, checks every byte of it, and says what one may do with it. */
import {spawnSync} from 'node:child_process'
import {join} from 'node:path'
import {root} from './house.mjs'

const lockstep = args => {
  process.stderr.write(`\n$ ./lockstep ${args.join(' ')}\n`)
  const {status} = spawnSync(join(root, 'lockstep'), args, {cwd: root, stdio: 'inherit'})
  if (status !== 0) process.exit(status ?? 3)
}

lockstep(['release', 'build', ...process.argv.slice(2)])
lockstep(['release', 'verify'])
process.stdout.write(`
dist/ is a release now. Look at it with any tool that knows OCI layouts, for example
  ./lockstep release plan                      what it consists of
  ./lockstep release publish --to oci:DIR      what publishing would do; --yes does it
  (cd dist/release && sha256sum -c SHA256SUMS)
`)
