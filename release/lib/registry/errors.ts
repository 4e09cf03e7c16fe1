import {fail} from '#lib/diagnostics.ts'
import {isRecord} from '../oci/manifest.ts'

/** An entry of a registry's error answer (distribution-spec, "Error codes"). */
export type RegistryError = {code: string; message: string; detail: unknown}

/** The errors in an answer's body; none when it is something else, a proxy's page for example. */
export async function readErrors(response: Response): Promise<RegistryError[]> {
  const text = await response.text().catch(() => '')
  try {
    const data: unknown = JSON.parse(text)
    if (!isRecord(data) || !Array.isArray(data.errors)) return []
    return data.errors.filter(isRecord).map(e => ({
      code: String(e.code ?? ''),
      message: String(e.message ?? ''),
      detail: e.detail,
    }))
  } catch {
    return []
  }
}

/** `404 MANIFEST_UNKNOWN: manifest unknown` */
export function errorText(status: number, errors: readonly RegistryError[]): string {
  const list = errors.map(e => [e.code, e.message].filter(Boolean).join(': ')).join('; ')
  return `${status}${list ? ` ${list}` : ''}`
}

/** @throws R004 the registry forbids it, R005 any other answer that nobody expected */
export async function unexpected(response: Response, what: string): Promise<never> {
  return refusedWith(response.status, await readErrors(response), what)
}

/** As `unexpected`, when the errors have been read. */
export function refusedWith(status: number, errors: readonly RegistryError[], what: string): never {
  const text = errorText(status, errors)
  if (status === 403 || errors.some(e => e.code === 'DENIED'))
    return fail({
      code: 'R004',
      message: `${what} is forbidden: ${text}`,
      hint: 'look whether the account may write there',
    })
  return fail({code: 'R005', message: `${what} failed: the registry answered ${text}`}, 3)
}
