import {execFileSync} from 'node:child_process'
import {existsSync, readFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {expect, test} from 'vitest'
import {importsOf, isAllowed} from './rooms.ts'

const root = join(import.meta.dirname, '../..')
const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
})
  .toString()
  .split('\0')
  .filter(path => path && existsSync(join(root, path)))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const code = files.filter(path => path.endsWith('.ts') && !path.endsWith('.config.ts'))

test('every folder with code says what it is for, itself or the one above it', () => {
  const has = (folder: string) => folder !== '.' && existsSync(join(root, folder, 'README.md'))
  const folders = [...new Set(code.map(path => dirname(path)))].filter(path => path !== '.')
  expect(folders.filter(folder => !has(folder) && !has(dirname(folder)))).toEqual([])
})

test('rooms import only what they may', () => {
  const shipped = code.filter(path => !/(\.test|\/testing(-[\w-]+)?|\/test-[\w-]+)\.ts$/.test(path))
  const wrong = shipped.flatMap(path => importsOf(path, read(path))).filter(one => !isAllowed(one))
  expect(wrong.map(one => `${one.from} imports ${one.to}`)).toEqual([])
})

test('the rule finds what it forbids', () => {
  const text =
    "import {a} from '#release/effects/x.ts'\nimport type {B} from '../effects/b.ts'\nexport * from '../../lib/c.ts'\nconst d = import('../commands/d.ts')\n"
  const found = importsOf('release/plan/x.ts', text)
  expect(found.map(one => [one.to, isAllowed(one)])).toEqual([
    ['release/effects/x.ts', false],
    ['release/effects/b.ts', true],
    ['lib/c.ts', true],
    ['release/commands/d.ts', false],
  ])
})

// Written in parts, or this file would be the first to break its rule.
const hosts = [
  ['registry', 'npmjs', 'org'],
  ['proxy', 'golang', 'org'],
  ['sum', 'golang', 'org'],
  ['deb', 'debian', 'org'],
  ['ftp', 'debian', 'org'],
  ['security', 'debian', 'org'],
  ['snapshot', 'debian', 'org'],
  ['archive', 'ubuntu', 'com'],
  ['pypi', 'org'],
  ['pythonhosted', 'org'],
  ['crates', 'io'],
].map(parts => parts.join('.'))
const places = [
  ['', 'work', 'main'],
  ['', 'work', 'shared'],
  ['', 'root', ''],
].map(p => p.join('/'))

test('no file names a package registry or a place of one machine', () => {
  const texts = files.filter(path => !/\.(png|ico|woff2?|gz|tar|bin)$/.test(path))
  const found = texts.flatMap(path => {
    const text = read(path)
    const names = hosts.filter(host =>
      new RegExp(`(?<![\\w.-])(?:[\\w-]+\\.)*${host.replaceAll('.', '\\.')}\\b`).test(text),
    )
    const paths = places.filter(place => new RegExp(`(?<![\\w.\\-}$])${place}`).test(text))
    return [...names, ...paths].map(what => `${path}: ${what}`)
  })
  expect(found).toEqual([])
})

test('every action of a workflow is pinned by its commit, with the version behind it', () => {
  const yaml = files.filter(path => /^\.github\/.+\.ya?ml$|(?:^|\/)action\.ya?ml$/.test(path))
  const used = yaml.flatMap(path =>
    [...read(path).matchAll(/^\s*(?:- )?uses: *(.+)$/gm)].map(([, what = '']) => `${path}: ${what}`),
  )
  expect(used.length).toBeGreaterThan(10)
  const pinned = /: (?:\.\/\S*|[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/
  expect(used.filter(one => !pinned.test(one))).toEqual([])
})

test('npm ci accepts the lock: it has every optional package, and no address', () => {
  const {packages} = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, {optionalDependencies?: Record<string, string>; resolved?: string}>
  }
  const wanted = Object.values(packages).flatMap(one => Object.keys(one.optionalDependencies ?? {}))
  // `npm run lock` adds what is missing.
  expect(wanted.filter(name => !packages[`node_modules/${name}`])).toEqual([])
  expect(Object.values(packages).filter(one => one.resolved)).toEqual([])
})

test('no file is longer than 400 lines', () => {
  const own = files.filter(path => /\.(ts|mjs|c|h)$/.test(path) && !path.includes('/generated/'))
  expect(own.filter(path => read(path).split('\n').length > 401)).toEqual([])
})
