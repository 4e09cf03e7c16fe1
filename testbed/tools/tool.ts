import {createHash} from 'node:crypto'
import {existsSync} from 'node:fs'
import {mkdir, readdir, readFile, rename, rm, stat} from 'node:fs/promises'
import {homedir} from 'node:os'
import {join} from 'node:path'
import {type Diagnostic, DiagnosticError, fail} from '#lib/diagnostics.ts'
import {cacheDir, clearLeftovers, temporaryName, withLock} from '#release/effects/toolbox/cache.ts'
import {openToolbox} from '#release/effects/toolbox/toolbox.ts'
import type {Bind, FetchOptions, Toolbox} from '#release/effects/toolbox/types.ts'
import {type GoTool, goTools, moduleFiles, type ToolName} from './tools.ts'

/**
 * The path of a Go-made tool, static and runnable on the host; built first when it is not in the cache.
 * @throws DiagnosticError exit 3: B501 when a module it needs is refused or does not build
 */
export async function tool(name: ToolName, options: FetchOptions = {}): Promise<string> {
  await buildTools([name], options)
  return join(await moduleFolder(goTools[name].module, await openToolbox(options)), name)
}

/** Where the files of a tool's module lie that tests need beside it, such as CRDs. */
export async function toolFiles(name: ToolName, options: FetchOptions = {}): Promise<string> {
  const {module} = goTools[name]
  await buildTools([name], options)
  return join(await moduleFolder(module, await openToolbox(options)), moduleFiles[module]?.to ?? '')
}

/**
 * Builds what is missing, one module after the other (each uses all cores), with the toolbox's Go. The Go
 * caches are shared between the modules and removed at the end: they grow to gigabytes.
 */
export async function buildTools(names: readonly ToolName[], options: FetchOptions = {}): Promise<void> {
  const toolbox = await openToolbox(options)
  const modules = [...new Set(names.map(name => goTools[name].module))]
  const missing = async () => {
    const there = await Promise.all(modules.map(async m => isThere(await moduleFolder(m, toolbox))))
    return modules.filter((_, i) => !there[i])
  }
  if ((await missing()).length === 0) return
  const waiting = (pid: string) =>
    options.progress?.task('Go tools').update(`process ${pid} is building them`)
  await withLock(
    join(cacheDir(), 'tools', 'build.lock'),
    async () => {
      const failures: Diagnostic[] = []
      for (const module of await missing())
        failures.push(...(await problemsOf(buildModule(module, toolbox, options))))
      await removeGoCaches(toolbox)
      if (failures.length > 0) throw new DiagnosticError(failures, 3)
    },
    waiting,
  )
}

/** One refused module must not keep the others from being built. */
async function problemsOf(work: Promise<void>): Promise<readonly Diagnostic[]> {
  try {
    await work
    return []
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics
    throw error
  }
}

const isThere = async (path: string) => (await stat(path).catch(() => undefined)) !== undefined

/** `<cache>/tools/<digest>`: the digest covers the module's locks and sources, what is built of it, and the compiler. */
async function moduleFolder(module: string, toolbox: Toolbox): Promise<string> {
  const folder = join(import.meta.dirname, module)
  const hash = createHash('sha256')
  const own = (await readdir(folder)).filter(name => name.endsWith('.go')).sort()
  for (const name of ['go.mod', 'go.sum', ...own]) hash.update(await readFile(join(folder, name)))
  hash.update(await readFile(join(toolbox.root, 'usr/lib/go-1.26/VERSION')))
  hash.update(JSON.stringify([toolsOf(module), moduleFiles[module] ?? null]))
  return join(cacheDir(), 'tools', hash.digest('hex').slice(0, 32))
}

const toolsOf = (module: string): [string, GoTool][] =>
  Object.entries<GoTool>(goTools).filter(([, t]) => t.module === module)

async function buildModule(module: string, toolbox: Toolbox, options: FetchOptions): Promise<void> {
  const task = options.progress?.task(
    `build ${toolsOf(module)
      .map(([name]) => name)
      .join(', ')} from Go`,
  )
  const folder = await moduleFolder(module, toolbox)
  await mkdir(join(cacheDir(), 'go'), {recursive: true})
  await clearLeftovers(folder)
  const draft = await temporaryName(folder)
  await mkdir(draft)
  try {
    for (const [name, one] of toolsOf(module)) {
      task?.update(name)
      const ldflags = `-s -w ${one.ldflags ?? ''}`.trim()
      await go(
        ['build', `-ldflags=${ldflags}`, '-o', `/build/out/${name}`, one.package],
        module,
        draft,
        toolbox,
      )
    }
    await takeFiles(module, draft, toolbox)
    await rename(draft, folder)
    task?.done()
  } catch (error) {
    task?.failed()
    await rm(draft, {recursive: true, force: true})
    throw error
  }
}

async function takeFiles(module: string, out: string, toolbox: Toolbox): Promise<void> {
  const files = moduleFiles[module]
  if (!files) return
  const folder = (await go(['list', '-m', '-f', '{{.Dir}}', files.of], module, out, toolbox)).trim()
  const copy = `cp -r --no-preserve=mode "$1" /build/out/${files.to}`
  await inside(['sh', '-c', copy, 'copy', `${folder}/${files.from}`], module, out, toolbox)
}

const go = (args: readonly string[], module: string, out: string, toolbox: Toolbox) =>
  inside(['go', ...args], module, out, toolbox)

export async function inside(
  command: readonly string[],
  module: string,
  out: string,
  toolbox: Toolbox,
): Promise<string> {
  const host = hostGo()
  const result = await toolbox.run(command, {
    cwd: '/build/module',
    binds: [
      {from: join(import.meta.dirname, module), to: '/build/module', readonly: true},
      {from: join(cacheDir(), 'go'), to: '/build/go'},
      {from: out, to: '/build/out'},
      ...host.binds,
    ],
    env: {
      CGO_ENABLED: '0',
      GOTOOLCHAIN: 'local',
      GOCACHE: '/build/go/build',
      GOMODCACHE: '/build/go/mod',
      ...host.env,
      GOFLAGS: '-mod=readonly -buildvcs=false -trimpath',
    },
  })
  if (result.code === 0) return result.stdout.toString()
  return refuse(module, result.stderr.toString())
}

/** What this machine says about names, module proxies and certificates: its environment and the user's `go env -w`. */
function hostGo(): {env: Record<string, string>; binds: Bind[]} {
  const passed =
    /^(GOPROXY|GONOPROXY|GOSUMDB|GONOSUMDB|GOPRIVATE|GOINSECURE|GOAUTH|NETRC|https?_proxy|no_proxy)$/i
  const env = Object.fromEntries(
    Object.entries(process.env).flatMap(([key, value]) => (passed.test(key) && value ? [[key, value]] : [])),
  )
  const binds: Bind[] = [{from: '/etc/resolv.conf', to: '/etc/resolv.conf', readonly: true}]
  const show = (from: string, variable: string, to: string) => {
    if (!existsSync(from)) return
    binds.push({from, to, readonly: true})
    env[variable] = to
  }
  show(process.env.GOENV ?? join(homedir(), '.config/go/env'), 'GOENV', '/build/host/goenv')
  show(
    process.env.SSL_CERT_FILE ?? '/etc/ssl/certs/ca-certificates.crt',
    'SSL_CERT_FILE',
    '/build/host/certificates.pem',
  )
  return {env, binds}
}

function refuse(module: string, output: string): never {
  const lines = output.split('\n').filter(line => line && !line.startsWith('go: downloading'))
  const refused = lines.find(line => /\b(403 Forbidden|404 Not Found|410 Gone)\b/.test(line))
  fail(
    {
      code: 'B501',
      message: refused
        ? `the Go module proxy refuses what testbed/tools/${module} needs: ${refused.trim()}`
        : `testbed/tools/${module} does not build: ${lines.slice(-8).join('\n')}`,
      hint: refused
        ? 'allow that module, or set GOPROXY to a proxy that has it'
        : 'check the network and try again',
    },
    3,
  )
}

/** Modules are stored read-only, so Go itself has to remove them. */
async function removeGoCaches(toolbox: Toolbox): Promise<void> {
  await toolbox.run(['sh', '-c', 'chmod -R u+w /build/go/mod 2>/dev/null; rm -rf /build/go/*'], {
    binds: [{from: join(cacheDir(), 'go'), to: '/build/go'}],
  })
}
