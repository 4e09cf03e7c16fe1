/** Renews node.lock.yaml from node.yaml and what the machine's Debian mirror has today. */
import {writeFile} from 'node:fs/promises'
import {writeLock} from '#release/effects/toolbox/lock.ts'
import {lockPath, resolveToday} from './packages.ts'

const lock = await resolveToday({refresh: true})
const text = writeLock(lock).replace(
  /^#.*/,
  '# Generated from node.yaml by testbed/node/update.ts: do not edit.',
)
await writeFile(lockPath, text)
for (const {name, version} of lock.packages) console.log(`${name} ${version}`)
