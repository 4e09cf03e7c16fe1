/** Finds the compiled addon: inside a single executable, or in the cache, where it is built when it is not there. */
import {rmSync, writeFileSync} from 'node:fs'
import {constants, tmpdir} from 'node:os'
import {join} from 'node:path'
import {getRawAsset, isSea} from 'node:sea'

/** `peer` is the tests' client. */
export type AddonName = 'mock_accel' | 'peer'

/** The name under which a single executable carries the addon. */
export const assetName = 'mock_accel.node'

/**
 * @returns the addon's exports
 * @throws DiagnosticError U101, exit 3, when it has to be built and that fails
 */
export async function loadAddon<T>(name: AddonName): Promise<T> {
  if (isSea()) return fromAsset()
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
  writeFileSync(path, new Uint8Array(getRawAsset(assetName)), {mode: 0o600, flag: 'wx'})
  try {
    return open(path)
  } finally {
    rmSync(path, {force: true})
  }
}
