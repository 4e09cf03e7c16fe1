/**
 * Bundles the command into node_modules/.cache/lockstep/. CommonJS, because an ESM bundle dies on the
 * dynamic requires of yaml and semver; imports inside functions stay lazy in it.
 */
import {createHash} from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import {join} from 'node:path'
import {build} from 'esbuild'
import {root} from './house.mjs'

const started = new Date()
const folder = join(root, 'node_modules/.cache/lockstep')
const draft = join(folder, `main.${process.pid}.cjs`)
mkdirSync(folder, {recursive: true})

/**
 * client-node's kubeconfig files are a bundle of their own beside the command's: most runs ask no cluster. Its typed API
 * and the HTTP client of that are left out, nobody calls them.
 */
const kubeconfig = {
  name: 'kubeconfig',
  /** @param {import('esbuild').PluginBuild} plugin */
  setup({onResolve, onLoad}) {
    onResolve({filter: /\/kubeconfig\.ts$/}, ({kind}) =>
      kind === 'dynamic-import' ? {path: './kubeconfig.cjs', external: true} : undefined,
    )
    onResolve({filter: /^undici$|\/gen\/index\.js$/}, ({importer}) =>
      importer.includes('client-node') ? {path: 'left-out', namespace: 'left-out'} : undefined,
    )
    onLoad({filter: /./, namespace: 'left-out'}, () => ({contents: 'module.exports = {}'}))
  },
}

/** @param {string} source @param {string} outfile */
const bundle = (source, outfile) =>
  build({
    entryPoints: [join(root, source)],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    logLevel: 'error',
    logOverride: {'empty-import-meta': 'silent'},
    // A bundle has no place of its own: code that needs the clone's root reads LOCKSTEP_ROOT.
    define: {'import.meta.dirname': '__dirname', 'import.meta.main': 'true'},
    // An HTTP stack and more, for the few runs that sign or verify by identity: found in node_modules when asked for.
    external: ['@sigstore/*'],
    plugins: [kubeconfig],
  })
try {
  await bundle('release/commands/main.ts', draft)
  // Threads start from a file.
  await bundle('release/lib/deflate-worker.ts', `${draft}.worker`)
  await bundle('release/effects/kube/kubeconfig.ts', `${draft}.kubeconfig`)
  renameSync(`${draft}.kubeconfig`, join(folder, 'kubeconfig.cjs'))
  renameSync(`${draft}.worker`, join(folder, 'deflate-worker.cjs'))
} catch {
  for (const path of [draft, `${draft}.worker`, `${draft}.kubeconfig`]) rmSync(path, {force: true})
  process.stderr.write("error[E095]: the command does not bundle\n  hint: see esbuild's words above\n")
  process.exit(3)
}
// The launcher turns V8's code cache on before the bundle is compiled, and names the folder in which this bundle,
// and no other, keeps what it has read (release/commands/parsed.ts).
const digest = createHash('sha256').update(readFileSync(draft)).digest('hex').slice(0, 16)
const parsed = join(folder, 'parsed')
for (const other of existsSync(parsed) ? readdirSync(parsed) : [])
  if (other !== digest) rmSync(join(parsed, other), {recursive: true, force: true})
writeFileSync(
  join(folder, 'lockstep.cjs'),
  `require('node:module').enableCompileCache(__dirname + '/v8')
process.env.LOCKSTEP_PARSED = __dirname + '/parsed/${digest}'
require('./main.cjs')
`,
)
// A source that changes while we bundle has to count as newer than the bundle.
utimesSync(draft, started, started)
renameSync(draft, join(folder, 'main.cjs'))
