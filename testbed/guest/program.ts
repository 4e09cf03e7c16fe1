import {createHash} from 'node:crypto'
import {mkdir, readFile, rename, stat} from 'node:fs/promises'
import {basename, dirname, join, resolve} from 'node:path'
import {fail} from '#lib/diagnostics.ts'
import {cacheDir, temporaryName} from '#release/effects/toolbox/cache.ts'
import {openToolbox} from '#release/effects/toolbox/toolbox.ts'

const flags = ['-static', '-O1', '-pthread', '-Wall', '-Wextra', '-Werror', '-I/build/include']

/**
 * A C file as a static program that runs in any guest, from the cache when it was compiled before. Answers its path.
 * @param include a folder of headers
 * @param defines macros of numbers, such as offsets of registers
 * @throws DiagnosticError B516 with the compiler's words
 */
export async function guestProgram(
  source: string,
  include: string,
  defines: Readonly<Record<string, number>> = {},
): Promise<string> {
  const toolbox = await openToolbox()
  const words = [...flags, ...Object.entries(defines).map(([name, value]) => `-D${name}=${value}`)]
  const hash = createHash('sha256').update(toolbox.digest).update(words.join(' '))
  hash.update(await readFile(source)).update(await readFile(join(include, 'linux/mock-accel.h')))
  const path = join(cacheDir(), 'guest-programs', hash.digest('hex'), basename(source, '.c'))
  if (await stat(path).catch(() => undefined)) return path
  await mkdir(dirname(path), {recursive: true})
  const draft = await temporaryName(path)
  const result = await toolbox.run(['gcc', ...words, '-o', `/build/out/${basename(draft)}`, '/build/in.c'], {
    binds: [
      {from: resolve(source), to: '/build/in.c', readonly: true},
      {from: resolve(include), to: '/build/include', readonly: true},
      {from: dirname(path), to: '/build/out'},
    ],
  })
  if (result.code !== 0) fail({code: 'B516', message: `${source} does not compile:\n${result.stderr}`})
  await rename(draft, path)
  return path
}
