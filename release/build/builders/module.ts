import {fail} from '#lib/diagnostics.ts'
import {tar} from '../../lib/tar.ts'
import {untar} from '../../lib/untar.ts'
import type {RecipeOf} from '../../plan/plan.ts'
import type {Builder} from '../context.ts'
import {unpackHeaders} from '../headers.ts'
import type {Blob} from '../store.ts'
import {treeEntries} from './source.ts'

/**
 * Sources come in as a tar on standard input, what was made goes out as one, so that nothing is left behind
 * wherever it ends. The folder has one name everywhere: the compiler writes it into the module.
 */
const compile = `
set -eu
kernel=$1 module=$2; shift 2
mkdir -p /build/src "/build/out/lib/modules/$kernel"
tar -x -C /build/src
make -C "/usr/src/linux-headers-$kernel" M=/build/src W=1 "$@" modules >&2
cd /build/out
"\${STRIP}" --strip-debug -o "lib/modules/$kernel/$module.ko" "/build/src/$module.ko"
# Without the kernel's own module lists depmod can only warn that they are absent.
depmod -b /build/out "$kernel" 2>/dev/null
cd "lib/modules/$kernel"
modinfo -F vermagic "./$module.ko" > vermagic
modinfo -F version "./$module.ko" > version
tar -c .
`

/**
 * The kernel module for one kernel, with what `depmod` says of it: files as they stand in
 * `/opt/lib/modules/<kernel>`.
 * @throws B031 it does not compile, B032 it is not for this kernel or version
 */
export const buildModule: Builder<'module'> = async (recipe, _needed, _artifact, context) => {
  const [headers, toolbox, sources] = await Promise.all([
    unpackHeaders(recipe, context),
    context.toolbox(),
    treeEntries(recipe.sources, context, path => path.slice(recipe.root.length + 1)),
  ])
  const result = await toolbox.run(
    ['sh', '-c', compile, 'compile', recipe.kernel, recipe.module, ...makeArguments(recipe)],
    {
      binds: [{from: headers, to: '/usr/src', readonly: true}],
      env: {STRIP: `${prefix(recipe)}strip`, SOURCE_DATE_EPOCH: String(context.plan.epoch)},
      stdin: tar(sources, {mtime: context.plan.epoch}),
      timeout: 10 * 60_000,
    },
  )
  if (result.code !== 0)
    fail({
      code: 'B031',
      message: `${recipe.module} does not compile for ${recipe.kernel}:\n${lastLines(result.stderr.toString(), 30)}`,
      hint: `\`lockstep kernels build ${recipe.kernel}\` tries this kernel alone`,
    })
  const made = new Map(
    [...untar(result.stdout)].flatMap(e => (e.type === 'file' ? [[base(e.path), e.data]] : [])),
  )
  checkModule(recipe, made)
  const names = [...made.keys()].filter(name => name === `${recipe.module}.ko` || name.startsWith('modules.'))
  const kept = await Promise.all(
    names.map(
      async (name): Promise<[string, Blob]> => [name, await context.store.put(made.get(name) as Buffer)],
    ),
  )
  return {files: Object.fromEntries(kept)}
}

/** What `make` is told beyond the source: compiler, version, and what keeps the bytes the same everywhere. */
export function makeArguments(recipe: RecipeOf<'module'>): string[] {
  return [
    `CC=${prefix(recipe)}${recipe.compiler}`,
    `MOCK_ACCEL_VERSION=${recipe.version}`,
    // Without the kernel's image there is no BTF to make the module's from.
    'CONFIG_DEBUG_INFO_BTF_MODULES=',
    'KBUILD_BUILD_USER=lockstep',
    'KBUILD_BUILD_HOST=lockstep',
    ...(recipe.arch === 'arm64' ? ['ARCH=arm64', 'CROSS_COMPILE=aarch64-linux-gnu-'] : []),
  ]
}

function prefix({arch}: RecipeOf<'module'>): string {
  return arch === 'arm64' ? 'aarch64-linux-gnu-' : ''
}

// The names alone prove nothing: headers of another kernel would compile as well.
function checkModule(recipe: RecipeOf<'module'>, made: ReadonlyMap<string, Buffer>): void {
  const told = (name: string) => made.get(name)?.toString().trim() ?? ''
  const wrong = (what: string, found: string, expected: string) =>
    fail({
      code: 'B032',
      message: `${recipe.module}.ko for ${recipe.kernel} has ${what} ${found || 'none'}`,
      expected,
      hint: 'look at the kernel’s packages in matrix/kernels.lock.yaml',
    })
  const kernel = told('vermagic').split(' ')[0] ?? ''
  if (kernel !== recipe.kernel) wrong('vermagic', kernel, recipe.kernel)
  if (told('version') !== recipe.version) wrong('version', told('version'), recipe.version)
}

function base(path: string): string {
  return path.replace(/^\.\//, '')
}

function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n')
}
