/** `dra-sanity`: the fake kubelet on the command line. */
import {writeFile} from 'node:fs/promises'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {version} from '#lib/version.ts'
import {codes} from '../codes.ts'
import {type Api, openApi, openPodApi} from './api.ts'
import {cdiFolder} from './cdi.ts'
import {claimsOf, clusterOf} from './cluster.ts'
import {type Hooks, type Owned, own, runHook} from './hooks.ts'
import {kubeletTimes} from './kubelet.ts'
import {type Asked, help, type Options, readOptions} from './options.ts'
import {humanEnd, humanLine, jsonReport, junitReport, listText} from './report.ts'
import {type Result, run} from './run.ts'
import {scenarios} from './scenarios/index.ts'
import type {Ground} from './trial.ts'

/** Answers the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const asked = readOptions(args, scenarios)
    if (asked.kind === 'run') return await runWith(asked.options)
    process.stdout.write(answerTo(asked))
    return 0
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    for (const {code, message, hint} of error.diagnostics)
      process.stderr.write(
        `error[${code}]: ${message}\n${hint ? `  hint: ${hint}\n` : ''}  dra-sanity --explain ${code} tells more\n`,
      )
    return error.exit
  }
}

function answerTo(asked: Exclude<Asked, {kind: 'run'}>): string {
  if (asked.kind === 'version') return `dra-sanity ${version}\n`
  if (asked.kind === 'list') return listText(scenarios)
  if (asked.kind === 'help') return help
  const {title = '', text = ''} = codes[asked.code] ?? {}
  return `${asked.code}: ${title}\n\n${text}\n`
}

async function runWith(options: Options): Promise<number> {
  const api = await apiWith(options)
  const owned = options.command === undefined ? undefined : own(options.command)
  // What this process started ends with it.
  const stop = (signal: NodeJS.Signals) => {
    void owned?.stop().finally(() => process.exit(signal === 'SIGINT' ? 130 : 143))
  }
  process.once('SIGINT', stop).once('SIGTERM', stop)
  try {
    const live = options.report === 'human' || options.output !== undefined
    const color = process.stdout.isTTY === true
    const results = await run(options.scenarios, groundOf(options, api, owned), one => {
      if (live) process.stdout.write(humanLine(one, color))
    })
    if (live) process.stdout.write(humanEnd(results))
    const report = reportOf(options, results)
    if (options.output !== undefined) await writeFile(options.output, report)
    else if (!live) process.stdout.write(report)
    if (owned && results.some(one => one.status !== 'pass'))
      process.stderr.write(`the plugin's last words:\n${owned.output()}\n`)
    return exitCode(results, options.allowSkip)
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop)
    await owned?.stop()
    api?.close()
  }
}

async function apiWith({kubeconfig, inCluster}: Options): Promise<Api | undefined> {
  if (inCluster) return openPodApi()
  return kubeconfig === undefined ? undefined : openApi(kubeconfig)
}

function groundOf(options: Options, api: Api | undefined, owned: Owned | undefined): Ground {
  const {registryDir, driver, namespace, nodeName, cdiDir, appear} = options
  const cluster = api && clusterOf(api, {driver, namespace, nodeName})
  return {
    registryDir,
    driver,
    times: {...kubeletTimes, appear},
    hooks: hooksOf(options, owned),
    ...(api && cluster ? {cluster, claims: claimsOf(api, cluster, {driver, namespace, nodeName})} : {}),
    ...(cdiDir === undefined ? {} : {cdi: cdiFolder(cdiDir)}),
  }
}

function hooksOf({restartCommand, secondCommand, faultCommand}: Options, owned: Owned | undefined): Hooks {
  return {
    ...(owned ? {restart: signal => owned.restart(signal)} : {}),
    ...(restartCommand === undefined ? {} : {restart: signal => runHook(restartCommand, {SIGNAL: signal})}),
    ...(secondCommand === undefined ? {} : {second: async () => own(secondCommand)}),
    ...(faultCommand === undefined
      ? {}
      : {
          fault: ({pool, device}, health) =>
            runHook(faultCommand, {POOL: pool, DEVICE: device, HEALTH: health}),
        }),
  }
}

function reportOf({report, driver}: Options, results: readonly Result[]): string {
  if (report === 'json') return jsonReport(results, {driver})
  if (report === 'junit') return junitReport(results, {driver})
  return results.map(one => humanLine(one, false)).join('') + humanEnd(results)
}

/** A skip is no pass: only one that was allowed beforehand is no reason to end with 1. */
export function exitCode(results: readonly Result[], allowSkip: readonly string[]): number {
  if (results.some(one => one.status === 'error')) return 3
  const bad = results.some(
    one => one.status === 'fail' || (one.status === 'skip' && !allowSkip.includes(one.scenario)),
  )
  return bad ? 1 : 0
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2))
