import type {FetchOptions} from '#release/effects/toolbox/types.ts'
import {type DebianProgram, debianProgram} from './debian.ts'

/** Debian packages it: the current one, and the one of the stable release, which knows other formats by default. */
export type CosignSuite = Extract<DebianProgram, {name: 'cosign'}>['suite']

/** The path of cosign's binary, which runs in the toolbox. @throws DiagnosticError what `debianProgram` throws */
export async function cosign(suite: CosignSuite, options: FetchOptions = {}): Promise<string> {
  return debianProgram({name: 'cosign', suite}, options)
}
