/** `mock-accel-dra-driver`: runs until SIGTERM or SIGINT. */
import {readFileSync} from 'node:fs'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {dra} from '#lib/generated/device.ts'
import {renderDiagnostics} from '#lib/render-diagnostics.ts'
import {version} from '#lib/version.ts'
import {apiClient} from './api/client.ts'
import {fromKubeconfig, inCluster} from './api/credentials.ts'
import {resources} from './api/resources.ts'
import {untilAnswered} from './api/wait.ts'
import {startDriver} from './driver.ts'
import {makeLog} from './log.ts'
import {helpText, readOptions} from './options.ts'
import {sysfsSource} from './sysfs.ts'

async function main(): Promise<void> {
  const argv = process.argv.slice(2)
  if (argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(helpText())
    return
  }
  if (argv.includes('--version')) {
    process.stdout.write(`mock-accel-dra-driver ${version}\n`)
    return
  }
  const options = readOptions(argv, process.env)
  const log = makeLog({level: options.logLevel, format: options.logFormat}, line =>
    process.stderr.write(line),
  )
  const {promise: ended, resolve: end} = Promise.withResolvers<string>()
  const starting = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      starting.abort()
      end(signal)
    })

  const client = apiClient(options.kubeconfig ? await fromKubeconfig(options.kubeconfig) : await inCluster())
  const api = resources(client, {driver: dra.driver, node: options.node})
  const minor = await servedBy()
  if (minor === undefined) return
  const source = await openSource()
  const driver = await startDriver(options, {api, source, log, minor})
  log('info', 'started', {version, node: options.node, source: options.source, http: driver.httpPort})
  log('info', 'ending', {signal: await ended})
  await driver.stop()
  client.close()

  /** The API server's minor version; undefined when it was to end before the server answered. */
  async function servedBy(): Promise<number | undefined> {
    try {
      // Who says whether counters are shared needs no version.
      const version = async () => (options.sharedCounters === undefined ? api.minorVersion() : 0)
      const ask = () => Promise.all([version(), api.requireApi()])
      const [minor] = await untilAnswered(ask, log, starting.signal)
      return minor
    } catch (error) {
      if (starting.signal.aborted) return undefined
      throw error
    }
  }

  async function openSource() {
    if (options.source === 'sysfs') return sysfsSource({root: options.sysfsRoot, dev: options.devRoot, log})
    // Brings the YAML reader with it, which the driver does without otherwise.
    const {simulatedSource} = await import('./simulated.ts')
    const source = simulatedSource(options.topology ?? '', options.node)
    await source.check()
    return source
  }
}

/**
 * Problems are shown, and decide the exit code; anything else is a bug and shows its trace. Ends at once: parts that had
 * started would go on without those that could not, and kubelet would take it for well.
 */
function explain(error: unknown): void {
  if (!(error instanceof DiagnosticError)) throw error
  const color = process.stderr.isTTY && !process.env.NO_COLOR
  process.stderr.write(renderDiagnostics(error.diagnostics, {color, source: textOf}))
  process.exit(error.exit)
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

void main().catch(explain)
