/**
 * Adds to package-lock.json the optional packages of other platforms that npm left out because its registry
 * does not have them: `npm ci` refuses a lock that lacks them, although it would never fetch them here.
 * Run it after every change of dependencies: `npm run lock`.
 */
import {readFileSync, writeFileSync} from 'node:fs'
import {pathToFileURL} from 'node:url'

/** Name and version of each optional dependency that has no entry. */
export function missingOptional(lock) {
  const all = Object.values(lock.packages).flatMap(one => Object.entries(one.optionalDependencies ?? {}))
  return all.filter(([name]) => !lock.packages[`node_modules/${name}`])
}

const platform =
  /-(android|darwin|freebsd|linux|netbsd|openbsd|sunos|win32)-(arm|arm64|ia32|x64|riscv64|s390x|ppc64|loong64)(?:-(musl|gnu|msvc))?$/

function entry(name, version) {
  const [, os, cpu, libc] = platform.exec(name) ?? []
  if (!os || !cpu || !/^\d/.test(version))
    throw new Error(
      `${name}@${version} is missing in package-lock.json and names no platform: look why npm left it out`,
    )
  return {version, cpu: [cpu], ...(libc === 'musl' ? {libc: ['musl']} : {}), optional: true, os: [os]}
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'))
  for (const [name, version] of missingOptional(lock))
    lock.packages[`node_modules/${name}`] = entry(name, version)
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)))
  writeFileSync('package-lock.json', `${JSON.stringify(lock, undefined, 2)}\n`)
}
