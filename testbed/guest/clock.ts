import {execFile} from 'node:child_process'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {guestProgram} from './program.ts'

let measured: Promise<string> | undefined

/**
 * What the kernel's command line says of time. A guest that is left to find the frequency of its counter compares it with
 * QEMU's timers while it boots; on a busy host those come late, and its clock runs several times too fast, or too slow.
 * https://docs.kernel.org/admin-guide/kernel-parameters.html (tsc_early_khz)
 */
export async function clockParameters(): Promise<string> {
  measured ??= measure()
  return `tsc=reliable no_timer_check tsc_early_khz=${await measured}`
}

async function measure(): Promise<string> {
  const include = join(import.meta.dirname, '../../kernel-driver/include/uapi')
  const program = await guestProgram(join(import.meta.dirname, 'tsc.c'), include)
  return (await promisify(execFile)(program)).stdout.trim()
}
