import type {Results} from './channel.ts'
import {type GuestOptions, startGuest} from './guest.ts'
import {moduleName} from './initrd.ts'

/**
 * Boots, loads the modules in their order, runs one script, and ends: what it said, `uname -r`, and the console.
 * @throws DiagnosticError what `startGuest` and `Guest.run` throw
 */
export async function bootGuest({
  script,
  ...options
}: GuestOptions & {script: string}): Promise<{release: string; console: string; results: Results}> {
  const guest = await startGuest(options)
  try {
    const results = await guest.run(`${loading(options.modules ?? [])}\n${script}`)
    return {release: guest.release, console: guest.console(), results}
  } finally {
    await guest.stop()
  }
}

function loading(modules: readonly string[]): string {
  const lines = modules.map(path => {
    const name = moduleName(path)
    return `insmod '/modules/${name}' || { code=$?; echo 'insmod ${name}: failed'; exit $code; }`
  })
  return lines.join('\n')
}
