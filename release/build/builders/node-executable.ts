import {fail} from '#lib/diagnostics.ts'
import {withNote} from '../../lib/elf-note.ts'
import {tar} from '../../lib/tar.ts'
import {untar} from '../../lib/untar.ts'
import type {RecipeOf} from '../../plan/plan.ts'
import {bundleLines, failedProgram} from '../bundle.ts'
import type {BuildContext, Builder} from '../context.ts'
import {treeEntries} from './source.ts'

/**
 * Bundle, addon and Node's own preparation of both, at fixed paths: they stand in what is made. No code cache, since
 * it differs between machines; stripped before the data come in, since stripping would throw them out.
 *
 * Whoever has the file has the licences of all that is in it: called with `--licenses`, every program prints them.
 */
const prepare = `
set -eu
entry=$1 version=$2 arch=$3 compile=$4 asset=$5 name=$6; shift 6
bundle=/build/out/main.cjs
${bundleLines}
text() { printf '%s\\n\\n' "======== $1"; cat "$2"; echo; }
{
  text "$name $version" LICENSE
  for package; do
    found=
    for file in node_modules/"\${package%@*}"/LICEN[CS]E* node_modules/"\${package%@*}"/NOTICE*; do
      if [ -f "$file" ]; then text "$package" "$file"; found=1; fi
    done
    if [ ! "$found" ]; then echo "$package has no licence text" >&2; exit 1; fi
  done
  text Node.js /build/payload/LICENSE
} > /build/out/LICENSES.txt
assets='"LICENSES.txt": "/build/out/LICENSES.txt"'
if [ "$compile" ]; then
  /build/node/bin/node "$compile" "$arch" /build/node/include/node "/build/out/$asset"
  assets="$assets, \\"$asset\\": \\"/build/out/$asset\\""
fi
cat > /build/out/sea.json <<EOF
{"main": "/build/out/main.cjs", "output": "/build/out/blob", "disableExperimentalSEAWarning": true,
 "useSnapshot": false, "useCodeCache": false, "assets": {$assets}}
EOF
/build/node/bin/node --experimental-sea-config /build/out/sea.json >&2
"$STRIP" -o /build/out/program /build/payload/bin/node
tar -c -C /build/out blob program
`

/** The bundle's first line. */
const printLicenses =
  'if (process.argv[2] === "--licenses") { process.stdout.write(require("node:sea").getAsset("LICENSES.txt", "utf8")); process.exit() }'

/** What Node looks for in itself: https://nodejs.org/docs/latest-v24.x/api/single-executable-applications.html */
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:'
const noteName = 'NODE_SEA_BLOB'
const largest = 2 ** 30

/**
 * A program as one file, for an architecture that need not be this one.
 * @throws B040 it does not bundle or compile, B041 Node is not made to carry a program
 */
export const buildNodeExecutable: Builder<'node-executable'> = async (recipe, _needed, artifact, context) => {
  const [toolbox, sources, binds] = await Promise.all([
    context.toolbox(),
    treeEntries(recipe.sources, context, path => path),
    bindsOf(recipe, context),
  ])
  const {name, entry, version, arch, addon} = recipe
  const packages = recipe.packages.map(one => `${one.name}@${one.version}`)
  const about = [entry, version, arch, addon?.compile ?? '', addon?.asset ?? '', name]
  const result = await toolbox.run(['sh', '-c', prepare, 'prepare', ...about, ...packages], {
    binds,
    env: {STRIP: arch === 'arm64' ? 'aarch64-linux-gnu-strip' : 'strip', BANNER: printLicenses},
    stdin: tar(sources, {mtime: context.plan.epoch}),
    timeout: 10 * 60_000,
    maxOutput: largest,
  })
  if (result.code !== 0) failedProgram(artifact, result)
  const outputs = new Map(
    [...untar(result.stdout)].flatMap(e => (e.type === 'file' ? [[e.path, e.data] as const] : [])),
  )
  const [file] = artifact.files as [string]
  const program = withProgram(outputs.get('program') as Buffer, outputs.get('blob') as Buffer)
  return {files: {[file]: await context.store.put(program)}}
}

/** Node with a program in it. */
function withProgram(node: Buffer, blob: Buffer): Buffer {
  const carrier = Buffer.from(node)
  const at = carrier.indexOf(fuse) + fuse.length
  if (at < fuse.length || carrier[at] !== 0x30)
    fail({
      code: 'B041',
      message: 'this Node carries no program: its fuse is not there, or is blown already',
      hint: 'take an official build of Node',
    })
  carrier[at] = 0x31
  return withNote(carrier, noteName, blob)
}

// A package that the descriptor does not list is not there, so that it can't get into the program unseen.
async function bindsOf({node, packages, tools}: RecipeOf<'node-executable'>, {npmPackage}: BuildContext) {
  const shown = [
    {name: tools.node, to: '/build/node'},
    {name: tools.bundler, to: '/build/bundler'},
    {name: node, to: '/build/payload'},
    ...packages.map(name => ({name, to: `/build/src/node_modules/${name.name}`})),
  ]
  return Promise.all(shown.map(async ({name, to}) => ({from: await npmPackage(name), to, readonly: true})))
}
