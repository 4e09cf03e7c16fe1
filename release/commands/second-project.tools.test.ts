import {execFile} from 'node:child_process'
import {cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {needTools} from '#testbed/needs.ts'
import {startDockerRegistry} from '#testbed/registry/docker-registry.ts'
import {helmLint} from '../build/chart-lint.ts'
import {realExec} from '../effects/exec.ts'
import type {Exec} from '../lib/effects.ts'
import {lockstep} from './testing.ts'

const tools = await needTools('helm3', 'helm4')
const run = promisify(execFile)
const guide = readFileSync('docs/guides/adopt-lockstep.md', 'utf8')
const example = 'docs/examples/second-project'

let dir: string
let registry: Awaited<ReturnType<typeof startDockerRegistry>>
const project = () => join(dir, 'project')

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'greeter-'))
  cpSync(example, project(), {recursive: true})
  await run('git', ['init', '--quiet', project()])
  registry = await startDockerRegistry(join(dir, 'registry'))
}, 60_000)
afterAll(async () => {
  await registry?.stop()
  rmSync(dir, {recursive: true, force: true})
})

const blocks = (language: string) =>
  [...guide.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map(match =>
    (match[1] ?? '').trimEnd(),
  )

test('what the guide shows stands in the example', () => {
  const files = ['matrix/greeter.yaml', 'components/chart.yaml', 'matrix/changes/0.3.0.yaml'].map(file =>
    readFileSync(join(example, file), 'utf8'),
  )
  expect(blocks('yaml')).toHaveLength(3)
  for (const block of blocks('yaml'))
    expect(
      files.some(file => file.includes(block)),
      block,
    ).toBe(true)
})

test('its commands lead from nothing to a published release that Helm installs from', async () => {
  const commands = blocks('sh').flatMap(block => block.replaceAll('$REGISTRY', registry.host).split('\n'))
  for (const command of commands.filter(c => c.startsWith('lockstep '))) {
    const {code, out, err} = await lockstep(project(), ...command.split(' ').slice(1))
    expect({command, code, said: code === 0 ? '' : out + err}).toEqual({command, code: 0, said: ''})
    // What is generated is committed, so the rest sees it.
    if (command === 'lockstep generate') await run('git', ['-C', project(), 'add', '--all'])
  }
  const install =
    commands
      .find(c => c.startsWith('helm install '))
      ?.split(' ')
      .slice(2) ?? []
  for (const helm of [tools?.helm3, tools?.helm4]) {
    const {stdout} = await run(helm ?? '', [
      'template',
      ...install,
      '--plain-http',
      '--kube-version=1.36',
      '--set',
      'greeting=Hi',
    ])
    expect(stdout).toContain('app.kubernetes.io/version: "0.3.0"')
    expect(stdout).toContain('index.html: "Hi"')
  }
}, 120_000)

test('a second build and a second publication have nothing to do', async () => {
  const json = async (...argv: string[]) => JSON.parse((await lockstep(project(), ...argv, '-o', 'json')).out)
  expect(await json('release', 'build')).toMatchObject({made: [], written: [], removed: []})
  const {actions} = await json('release', 'publish', '--to', `${registry.host}/greeter`, '--yes')
  expect(new Set(actions.map((a: {action: string}) => a.action))).toEqual(new Set(['done']))
})

test('a broken template is refused before anything is built, by Helm too', async () => {
  const template = join(project(), 'charts/greeter/templates/greeter.yaml')
  const sound = readFileSync(template, 'utf8')
  const lint = async (helm: string | undefined, cwd: string, root: string) => {
    const exec: Exec = {run: ([, ...rest], options) => realExec.run([helm ?? '', ...rest], options)}
    return helmLint(cwd, root, exec).catch(String)
  }
  for (const helm of [tools?.helm3, tools?.helm4]) {
    expect(await lint(helm, process.cwd(), 'charts/mock-device')).toBe('passed')
    expect(await lint(helm, project(), 'charts/greeter')).toBe('passed')
  }
  try {
    writeFileSync(template, `${sound}{{ if .Values.greeting }}\n`)
    const {code, err} = await lockstep(project(), 'release', 'build')
    expect({code, err}).toEqual({code: 1, err: expect.stringContaining('B012')})
    writeFileSync(template, `${sound}{{ noSuchFunction }}\n`)
    for (const helm of [tools?.helm3, tools?.helm4])
      expect(await lint(helm, project(), 'charts/greeter')).toMatch(/B014.*noSuchFunction/s)
  } finally {
    writeFileSync(template, sound)
  }
}, 60_000)

test('no name of this product is left in what another one releases', async () => {
  const {stdout} = await run('grep', ['-rlIi', 'mock', join(project(), 'dist')]).catch(({stdout}) => ({
    stdout,
  }))
  const files = String(stdout).split('\n').filter(Boolean)
  // The bill of materials names the tool that wrote it.
  expect(files.filter(file => !/(spdx|cdx)\.json$/.test(file))).toEqual([])
})
