import {homedir} from 'node:os'
import {join} from 'node:path'

/** The folder that all clones on this machine share: `${MOCK_DEVICE_CACHE:-${XDG_CACHE_HOME:-~/.cache}/mock-device}`. */
export function cacheDir(env: NodeJS.ProcessEnv = process.env): string {
  return env.MOCK_DEVICE_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'mock-device')
}
