import {execFileSync} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import type {AddonName} from './load.ts'

type Gyp = {
  target_defaults: {defines: string[]; cflags: string[]}
  targets: {target_name: string; sources: string[]}[]
}

const compilers = {amd64: 'gcc-14', arm64: 'aarch64-linux-gnu-gcc-14'} as const
export type AddonArch = keyof typeof compilers

type Place = {sources: string; headers: string; output: string}

/**
 * The one command that makes the addon that ships, for the Debian toolbox root: its compilers are pinned and know
 * both architectures. What is compiled, and how, is read from binding.gyp, by which node-gyp can make it too.
 * @param place folders as the compiler sees them: this folder, the headers of Node (`include/node`); and the result
 */
export function compileCommand(arch: AddonArch, place: Place): string[] {
  return commandOf(compilers[arch], 'mock_accel', place, true)
}

/** The command that makes an addon for this machine, with nothing but its C compiler. */
export function hostCommand(target: AddonName, place: Place): string[] {
  // Another compiler may warn of what ours does not know: that is no reason not to run.
  return commandOf(process.env.CC || 'cc', target, place, false)
}

function commandOf(compiler: string, target: AddonName, place: Place, strict: boolean): string[] {
  const gyp: Gyp = JSON.parse(readFileSync(join(import.meta.dirname, 'binding.gyp'), 'utf8'))
  const {defines, cflags} = gyp.target_defaults
  const sources = gyp.targets.find(one => one.target_name === target)?.sources ?? []
  return [
    compiler,
    ...['-shared', '-fPIC', '-pthread', ...cflags.filter(flag => strict || flag !== '-Werror')],
    ...defines.map(name => `-D${name}`),
    // The same bytes wherever the sources lie.
    `-ffile-prefix-map=${place.sources}=.`,
    `-I${place.headers}`,
    ...['-o', place.output],
    ...sources.map(name => join(place.sources, name)),
  ]
}

/** `node compile.ts ARCH HEADERS OUTPUT`, within the toolbox root. */
if (import.meta.main) {
  const [arch = '', headers = '', output = ''] = process.argv.slice(2)
  const place = {sources: import.meta.dirname, headers, output}
  const [program = '', ...args] = compileCommand(arch as AddonArch, place)
  execFileSync(program, args, {stdio: 'inherit'})
}
