/** Renews toolbox.lock.yaml from toolbox.yaml and what the machine's Debian mirror has today. */
import {readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {readLock, writeLock} from '#release/effects/toolbox/lock.ts'
import {resolveToday} from '#release/effects/toolbox/toolbox.ts'

const path = join(import.meta.dirname, 'toolbox.lock.yaml')
const lock = await resolveToday({refresh: true})
const text = writeLock(lock)
const before = await readFile(path).catch(() => undefined)
const old = new Map(before ? readLock(before, path).packages.map(p => [p.name, p.version]) : [])
await writeFile(path, text)

const now = new Map(lock.packages.map(p => [p.name, p.version]))
for (const name of [...new Set([...old.keys(), ...now.keys()])].sort()) {
  const [was, is] = [old.get(name), now.get(name)]
  if (was !== is) console.log(`${name}: ${was ?? 'not there'} → ${is ?? 'gone'}`)
}
const total = lock.packages.reduce((sum, p) => sum + p.size, 0)
console.log(`${lock.packages.length} packages, ${Math.round(total / 1e6)} MB to download`)
