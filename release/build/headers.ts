import {fail} from '#lib/diagnostics.ts'
import {digestOf} from '../plan/digest.ts'
import type {RecipeOf} from '../plan/plan.ts'
import {type BuildContext, debOf} from './context.ts'

/**
 * Debian's header tree points from /usr/src to host tools in /usr/lib; both are put below /usr/src, which is what
 * gets shown in the toolbox root. `--keep-directory-symlink` because older packages hold a real /lib.
 */
const unpack = `
set -eu
cd /build/headers
for deb in /build/debs/*; do dpkg-deb --fsys-tarfile "$deb" | tar -x --keep-directory-symlink --no-same-owner; done
mkdir -p usr/src
for tools in usr/lib/linux-kbuild-* lib/linux-kbuild-*; do
  [ -d "$tools" ] || continue
  rm -f "usr/src/\${tools##*/}"
  mv "$tools" usr/src/
done
for link in usr/src/linux-headers-*/*; do
  [ -L "$link" ] || continue
  to=$(readlink "$link")
  case $to in
    *lib/linux-kbuild-*) ln -sfn "../linux-kbuild-\${to##*linux-kbuild-}" "$link" ;;
  esac
done
rm -rf usr/share usr/lib lib
`

/**
 * The kernel's headers, unpacked once into the cache; answers the folder that stands for /usr/src.
 * @throws B030 they can't be unpacked
 */
export async function unpackHeaders(recipe: RecipeOf<'module'>, context: BuildContext): Promise<string> {
  const {files, cache} = context
  const folder = `${cache}/headers/${digestOf({unpack, packages: recipe.packages.map(p => p.sha256)})}`
  const ready = `${folder}/usr/src`
  if (await files.stat(ready)) return ready
  const [debs, toolbox] = await Promise.all([
    Promise.all(recipe.packages.map(p => debOf(context, p))),
    context.toolbox(),
  ])
  const draft = `${cache}/headers/.tmp-${process.pid}-${recipe.kernel}`
  await files.remove(draft)
  await files.mkdir(draft)
  const result = await toolbox.run(['sh', '-c', unpack], {
    binds: [
      {from: draft, to: '/build/headers'},
      ...debs.map((deb, i) => ({from: deb, to: `/build/debs/${i}.deb`, readonly: true})),
    ],
  })
  if (result.code !== 0) {
    await files.remove(draft)
    fail(
      {
        code: 'B030',
        message: `the headers of ${recipe.kernel} can't be unpacked: ${result.stderr.toString().trim()}`,
        hint: `is there room in ${cache}? then run the command again`,
      },
      3,
    )
  }
  await files.rename(draft, folder).catch(async error => {
    // Somebody else was faster with the same content.
    await files.remove(draft)
    if (!(await files.stat(ready))) throw error
  })
  return ready
}
