import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {createServer, type RequestListener} from 'node:http'
import type {AddressInfo} from 'node:net'
import {hostname, tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {cli} from './cli.ts'
import {commands} from './table.ts'
import {testWorld} from './testing.ts'

/** A database: its upgrade asks a person, runs a command, and looks whether the command has done its work. */
const matrix = `apiVersion: lockstep/v1
kind: Matrix
product:
  id: shop
  title: Shop
  summary: A shop.
  component: database
  home: https://example.com/
  repository: https://example.com/shop
  issues: https://example.com/shop/issues
  license: Apache-2.0
  security: {contact: security@example.com}
sources:
  docs: {title: Documentation, url: 'https://example.com/docs', seen: 2026-11-21}
components:
  database: {title: Database, scheme: semver, versions: [{version: 1.0.0}, {version: 2.0.0}]}
transitions:
  - {id: up, component: database, disruption: restart, back: {procedure: down}, level: supported, because: Any step., source: docs, asOf: 2026-11-21}
procedures:
  - id: any
    title: Upgrade
    component: database
    before: [{title: Has everybody gone home?}]
    change:
      - title: Migrate.
        run: ['echo {{version}} > {{name}}.version']
        done: {run: 'cat {{name}}.version', matches: '^{{version}}$'}
    verify:
      - {title: It has the new version., run: ['cat {{name}}.version'], matches: '^{{version}}$'}
  - id: down
    title: Back
    component: database
    move: rollback
    change:
      - title: Migrate back.
        run: ['echo {{version}} > {{name}}.version']
        done: {run: 'cat {{name}}.version', matches: '^{{version}}$'}
`

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'run-'))
  writeFileSync(join(folder, 'matrix.yaml'), matrix)
})
afterEach(() => rmSync(folder, {recursive: true, force: true}))

async function lockstep(...argv: string[]) {
  // No cluster is named here, so nobody is asked for a Lease.
  const env = {PATH: `${folder}:${process.env.PATH}`, HOME: folder}
  const {world, written} = testWorld([...argv, '--quiet', '--matrix', 'matrix.yaml'], {cwd: folder, env})
  return {code: await cli(world, commands), ...written}
}
const run = (...more: string[]) => lockstep('upgrade', 'run', 'plan.json', '--parameter', 'name=db', ...more)
const version = () => readFileSync(join(folder, 'db.version'), 'utf8').trim()

async function plan(to = '2.0.0') {
  const {out} = await lockstep('upgrade', 'plan', `database=1.0.0..${to}`, '-o', 'json')
  writeFileSync(join(folder, 'plan.json'), out)
}

test('from the dry run to the report: asks, goes on, is watched, goes back', async () => {
  await plan()
  const dry = await run()
  expect(dry).toMatchObject({code: 0})
  expect(dry.out).toContain('☐ 1.1 Has everybody gone home?')
  expect(dry.out).toContain('echo 2.0.0 > db.version')
  expect(dry.out).toContain('A dry run: --yes does it.')

  const asked = await run('--yes')
  expect(asked.code).toBe(1)
  expect(asked.out).toContain('--resume --yes --approve 1.1')
  expect(await run('--yes')).toMatchObject({code: 2, err: expect.stringContaining('Q004')})

  const whole = await run('--resume', '--yes', '--approve', '1.1')
  expect(whole).toMatchObject({code: 0, out: 'complete: 1 hops\n'})
  expect(version()).toBe('2.0.0')
  expect((await lockstep('upgrade', 'status', 'plan.json.journal', '--watch')).out).toContain('complete')

  const back = await run('--abort')
  expect(back.out).toContain('back.1.1 Migrate back.')
  expect(version()).toBe('2.0.0')
  expect(await run('--abort', '--yes')).toMatchObject({code: 0})
  expect(version()).toBe('1.0.0')
  expect(await run('--resume', '--yes')).toMatchObject({code: 2, err: expect.stringContaining('Q009')})
  const {out} = await lockstep('upgrade', 'report', 'plan.json.journal')
  expect(out).toContain('| 1 | database 1.0.0 → 2.0.0 | taken back | restart |')
  expect(out).toContain('Taken up 3 times')
})

test('on the way back the next command goes back, too', async () => {
  await plan()
  await run('--yes', '--approve', 'all')
  rmSync(join(folder, 'db.version'))
  mkdirSync(join(folder, 'db.version'))
  const failed = await run('--abort', '--yes')
  expect(failed).toMatchObject({code: 1, out: expect.stringContaining('--abort --yes')})
  expect(failed.out).not.toContain('--resume')
})

/** Runs with a cluster of this name whose API server is played. */
async function withServer(play: RequestListener, work: () => Promise<void>) {
  const server = createServer(play)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const {port} = server.address() as AddressInfo
  mkdirSync(join(folder, '.kube'))
  writeFileSync(
    join(folder, '.kube/config'),
    `current-context: c
contexts: [{name: c, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: 'http://127.0.0.1:${port}', insecure-skip-tls-verify: true}}]
users: [{name: u, user: {token: t}}]
`,
  )
  try {
    await work()
  } finally {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  }
}

test('an emergency goes on while the API server is away, and stops when another run has the Lease', async () => {
  await plan()
  await run('--yes', '--approve', 'all')
  expect(version()).toBe('2.0.0')
  const lease = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {name: 'lockstep-upgrade', namespace: 'kube-system'},
    spec: {holderIdentity: 'other', renewTime: new Date().toISOString(), leaseDurationSeconds: 60},
  }
  let asked = 0
  let away = true
  const play: RequestListener = (_, response) => {
    asked++
    response.statusCode = away ? 503 : 200
    response.end(away ? '{}' : JSON.stringify(lease))
  }
  await withServer(play, async () => {
    expect((await run('--abort', '--yes')).code).not.toBe(0)
    expect(version()).toBe('2.0.0')
    away = false
    expect(await run('--emergency', '--yes')).toMatchObject({err: expect.stringContaining('Q020')})
    expect(version()).toBe('2.0.0')
    away = true
    asked = 0
    expect(await run('--emergency', '--yes')).toMatchObject({code: 0})
    expect(version()).toBe('1.0.0')
    // Before each act as well.
    expect(asked).toBeGreaterThan(1)
  })
})

test('a login that ends in the middle stops the run; it does not begin again without a lock', async () => {
  await plan()
  const play: RequestListener = (request, response) => {
    response.statusCode = {GET: 404, POST: 201}[request.method ?? ''] ?? 401
    if (request.method === 'POST') request.pipe(response)
    else response.end('{}')
  }
  await withServer(play, async () => {
    expect(await run('--yes', '--approve', 'all')).toMatchObject({
      code: 2,
      err: expect.stringContaining('E060'),
    })
    expect(existsSync(join(folder, 'db.version'))).toBe(false)
    expect(readFileSync(join(folder, 'plan.json.journal'), 'utf8').match(/"kind":"session"/g)).toHaveLength(1)
  })
})

test('an emergency before anything was begun is none', async () => {
  await plan()
  await run('--yes')
  expect(await run('--emergency', '--yes')).toMatchObject({code: 1, err: expect.stringContaining('Q050')})
})

test('for machines, each record is a line', async () => {
  await plan()
  const {out} = await run('--yes', '--approve', 'all', '-o', 'json')
  const lines = out
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(lines.map(line => line.kind)).toEqual([
    ...[
      'run',
      'session',
      'done',
      'intent',
      'acted',
      'done',
      'intent',
      'acted',
      'done',
      'hop',
      'end',
      'outcome',
    ],
  ])
  expect(lines.at(-1)).toEqual({kind: 'outcome', outcome: {kind: 'complete', saw: '1 hops'}})
})

test('what cannot be begun is told before anything is done', async () => {
  await plan()
  expect(await lockstep('upgrade', 'run', 'plan.json', '--yes')).toMatchObject({
    code: 1,
    err: expect.stringContaining('Q006'),
  })
  expect(await run('--resume', '--yes')).toMatchObject({code: 2, err: expect.stringContaining('Q005')})
  expect(await run('--yes', '--window', 'tomorrow')).toMatchObject({
    code: 2,
    err: expect.stringContaining('Q040'),
  })
  await run('--yes')
  const other = JSON.parse(readFileSync(join(folder, 'plan.json'), 'utf8'))
  writeFileSync(join(folder, 'plan.json'), JSON.stringify({...other, now: '2026-11-22'}))
  expect(await run('--resume', '--yes')).toMatchObject({code: 2, err: expect.stringContaining('Q003')})
})

test('a run goes on with the parameters that it was begun with', async () => {
  await plan()
  const given = (...more: string[]) => lockstep('upgrade', 'run', 'plan.json', '--yes', ...more)
  await given('--parameter', 'name=db', '--parameter', 'other=1')
  const other = await given('--resume', '--approve', 'all', '--parameter', 'name=prod')
  expect(other).toMatchObject({code: 2, err: expect.stringContaining('Q012')})
  expect(other.err).toContain('the parameter name is not what the run')
  expect(other.err).toContain('the parameter other is missing')
  const over = ['--parameter', 'name=db', '--parameter', 'other=1', '--parameter', 'database.name=prod']
  expect((await given('--resume', '--approve', 'all', ...over)).err).toContain('takes the place of name')
  expect(existsSync(join(folder, 'prod.version'))).toBe(false)
  const same = ['--parameter', 'other=1', '--parameter', 'name=db', '--parameter', 'new=2']
  expect(await given('--resume', '--approve', 'all', ...same)).toMatchObject({code: 0})
  expect(readFileSync(join(folder, 'plan.json.journal'), 'utf8')).not.toContain('"other":"1"')
})

test('a name that a shell would take for more is a name', async () => {
  await plan()
  const name = `it's "my" $(touch owned)`
  const asked = ['upgrade', 'run', 'plan.json', '--parameter', `name=${name}`, '--yes', '--approve', 'all']
  expect(await lockstep(...asked)).toMatchObject({code: 0, out: 'complete: 1 hops\n'})
  expect(readFileSync(join(folder, `${name}.version`), 'utf8')).toBe('2.0.0\n')
  expect(existsSync(join(folder, 'owned'))).toBe(false)
})

test('who runs it still on this machine is not joined, not even in an emergency', async () => {
  await plan()
  await run('--yes')
  const path = join(folder, 'plan.json.journal')
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)', 'upgrade'])
  try {
    const here = `${hostname()}/${process.pid}/`
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(here, `${hostname()}/${other.pid}/`))
    for (const way of ['--resume', '--emergency', '--abort'])
      expect(await run(way, '--yes', '--approve', 'all')).toMatchObject({
        code: 1,
        err: expect.stringContaining(`the process ${other.pid} of this machine`),
      })
  } finally {
    other.kill()
    await once(other, 'exit')
  }
  expect(await run('--resume', '--yes', '--approve', 'all')).toMatchObject({code: 0})
})

test('what Git owns is refused, and the way is told', async () => {
  await plan()
  writeFileSync(join(folder, 'app.yaml'), 'spec: {version: 1.0.0}\n')
  writeFileSync(
    join(folder, 'bindings.yaml'),
    `apiVersion: lockstep/v1
kind: Bindings
uses: [{matrix: matrix.yaml}]
parameters: {name: db}
bindings: [{component: database, owner: argocd, at: {file: app.yaml, path: spec.version}}]
`,
  )
  const refused = await lockstep('upgrade', 'run', 'plan.json', '--bindings', 'bindings.yaml', '--yes')
  expect(refused).toMatchObject({code: 1, err: expect.stringMatching(/Q030[\s\S]*upgrade emit/)})
})

test('a context that is named holds for lines of a shell too, and without it nothing is done', async () => {
  const kubeconfig = join(folder, 'kubeconfig')
  writeFileSync(kubeconfig, 'apiVersion: v1\nkind: Config\ncurrent-context: staging\n')
  // As kubectl looks for the current context: the first file that says one.
  writeFileSync(
    join(folder, 'kubectl'),
    `#!/bin/sh\nfor file in $(echo "$KUBECONFIG" | tr : ' '); do sed -n 's/^current-context: //p' $file; done | head -1\n`,
  )
  chmodSync(join(folder, 'kubectl'), 0o755)
  writeFileSync(
    join(folder, 'matrix.yaml'),
    matrix.replace(
      "cat {{name}}.version', matches: '^{{version}}$'}",
      "kubectl config current-context', matches: prod}",
    ),
  )
  await plan()
  expect((await run('--kubeconfig', 'kubeconfig')).out).toContain('→ 1.2 Migrate.')
  expect((await run('--kubeconfig', 'kubeconfig', '--context', 'prod')).out).toContain('= 1.2 Migrate.')
  expect(await run('--context', 'prod', '--yes')).toMatchObject({
    code: 2,
    err: expect.stringContaining('E060'),
  })
})
