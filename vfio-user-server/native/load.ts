/** Finds the compiled addon: in a single executable, beside a bundled script, or in the cache, where it is built. */
import {existsSync, rmSync, writeFileSync} from 'node:fs'
import {constants, tmpdir} from 'node:os'
import {join} from 'node:path'
import {getRawAsset, isSea} from 'node:sea'

/** `peer` is the tests' client. */
export type AddonName = 'mock_accel' | 'peer'

/** What the addon's file is called: as an asset of a single executable, and beside a bundled script. */
export const addonFile = 'mock_accel.node'

/**
 * @returns the addon's exports
 * @throws DiagnosticError U101, exit 3, when it has to be built and that fails
 */
export async function loadAddon<T>(name: AddonName): Promise<T> {
  if (isSea()) return fromAsset()
  const beside = join(import.meta.dirname, `${name}.node`)
  if (existsSync(beside)) return open(beside)
  const {ensureAddon} = await import('./build.ts')
  return open(await ensureAddon(name))
}

function open<T>(path: string): T {
  const holder = {exports: {}}
  process.dlopen(holder, path, constants.dlopen.RTLD_NOW)
  return holder.exports as T
}

/** The loader wants a file; once loaded, the file is not needed any more. */
function fromAsset<T>(): T {
  const path = join(tmpdir(), `mock-accel-${process.pid}.node`)
  writeFileSync(path, new Uint8Array(getRawAsset(addonFile)), {mode: 0o600, flag: 'wx'})
  try {
    return open(path)
  } finally {
    rmSync(path, {force: true})
  }
}
