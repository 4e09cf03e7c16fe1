import {type TarEntry, tar} from '../../lib/tar.ts'
import {untar} from '../../lib/untar.ts'
import {bundleLines, failedProgram} from '../bundle.ts'
import type {Builder} from '../context.ts'
import {keepLayer} from '../layers.ts'
import {treeEntries} from './source.ts'

/** Of every package goes along what scanners and lawyers read. */
const bundle = `
set -eu
name=$1 entry=$2 version=$3; shift 3
bundle=/build/out/$name.cjs
${bundleLines}
for package; do
  mkdir -p "/build/out/node_modules/$package"
  cd "/build/src/node_modules/$package"
  for file in package.json LICEN[CS]E* licen[cs]e* NOTICE*; do
    if [ -f "$file" ]; then cp "$file" "/build/out/node_modules/$package/"; fi
  done
done
cd /build/out
tar -c .
`
const largest = 2 ** 28

/**
 * `/app/<name>.cjs`, and in `/app/node_modules` the description and licence of every package that is bundled in it.
 * @throws B040 it does not bundle
 */
export const buildApplicationLayer: Builder<'application-layer'> = async (
  recipe,
  _needed,
  artifact,
  context,
) => {
  const {name, entry, version, packages, bundler} = recipe
  const [toolbox, sources, [copyright]] = await Promise.all([
    context.toolbox(),
    treeEntries(recipe.sources, context, path => path),
    treeEntries([recipe.copyright], context, () => `usr/share/doc/${name}/copyright`),
  ])
  const shown = [
    {locked: bundler, to: '/build/bundler'},
    ...packages.map(locked => ({locked, to: `/build/src/node_modules/${locked.name}`})),
  ]
  const result = await toolbox.run(
    ['sh', '-c', bundle, 'bundle', name, entry, version, ...packages.map(p => p.name)],
    {
      binds: await Promise.all(
        shown.map(async ({locked, to}) => ({from: await context.npmPackage(locked), to, readonly: true})),
      ),
      stdin: tar(sources, {mtime: context.plan.epoch}),
      timeout: 5 * 60_000,
      maxOutput: largest,
    },
  )
  if (result.code !== 0) failedProgram(artifact, result)
  const made = [...untar(result.stdout)].flatMap(({type, path, data}): TarEntry[] =>
    type === 'file' ? [{type, path: `app/${path}`, data}] : [],
  )
  return keepLayer(copyright ? [...made, copyright] : made, context)
}
