import {execFileSync} from 'node:child_process'
import {existsSync, readFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {expect, test} from 'vitest'
import {anchorsOf, linksOf} from './links.ts'

const root = join(import.meta.dirname, '../..')
const pages = execFileSync(
  'git',
  ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', '*.md'],
  {cwd: root, encoding: 'utf8'},
)
  .split('\0')
  .filter(path => path && existsSync(join(root, path)))
const read = (path: string) => readFileSync(join(root, path), 'utf8')

test('every link between pages leads to a file, and to a heading of it', () => {
  const links = pages.flatMap(page => linksOf(read(page)).map(link => ({page, ...link})))
  expect(links.length).toBeGreaterThan(100)
  const broken = links.filter(({page, path, anchor}) => {
    const target = path === '' ? page : join(dirname(page), path)
    if (!existsSync(join(root, target))) return true
    return anchor !== '' && target.endsWith('.md') && !anchorsOf(read(target)).has(anchor)
  })
  expect(broken.map(({page, line, to}) => `${page}:${line} ${to}`)).toEqual([])
})

test('every page of docs can be reached from the README', () => {
  const reached = new Set(['README.md'])
  for (const page of reached)
    for (const {path} of linksOf(read(page))) {
      const target = join(dirname(page), path)
      if (pages.includes(target)) reached.add(target)
    }
  expect(pages.filter(page => page.startsWith('docs/') && !reached.has(page))).toEqual([])
})

test('the rule finds what it forbids', () => {
  const page = [
    '# A [b](c.md) & `d`',
    '## Twice',
    '## Twice',
    'See [x](y.md#z), ![p](<q.png>), [far](https://example.com/r.md) and `[no](link.md)`.',
    '```',
    '# no heading',
    '[no](link.md)',
    '```',
    '[here](#twice-1)',
  ].join('\n')
  expect(linksOf(page).map(({line, to}) => `${line} ${to}`)).toEqual([
    '1 c.md',
    '4 y.md#z',
    '4 q.png',
    '9 #twice-1',
  ])
  expect([...anchorsOf(page)]).toEqual(['a-b--d', 'twice', 'twice-1'])
})
