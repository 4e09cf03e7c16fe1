import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {contract} from './contract.ts'
import {goTestDriver} from './differences.ts'
import {page, withTables} from './docs.ts'
import {scenarios} from './scenarios/index.ts'

const clauses = Object.keys(contract)

test('every line of the contract is held by a scenario, and checked somewhere', () => {
  const listed = new Set<string>(scenarios.flatMap(one => one.clauses))
  expect(clauses.filter(one => !listed.has(one))).toEqual([])
  const folder = import.meta.dirname
  const files = [
    'judge.ts',
    'trial.ts',
    ...readdirSync(join(folder, 'scenarios')).map(name => `scenarios/${name}`),
  ]
  const code = files
    .map(name => readFileSync(join(folder, name), 'utf8').replace(/clauses: \[[^\]]*\]/g, ''))
    .join('\n')
  const built = clauses.filter(one => /^(un)?prepare\.(every-claim|no-other)$/.test(one))
  expect(clauses.filter(one => !code.includes(`'${one}'`) && !built.includes(one))).toEqual([])
})

test('every line has a source at one version, not at a moving branch', () => {
  const sources = Object.values(contract).map(one => one.source)
  const files = sources.filter(one => one.includes('/blob/'))
  expect(files.filter(one => !/\/blob\/v\d/.test(one))).toEqual([])
  expect(sources.filter(one => !URL.canParse(one))).toEqual([])
})

test('names of scenarios are unique and fit a command line', () => {
  const names = scenarios.map(one => one.name)
  expect(new Set(names).size).toBe(names.length)
  expect(names.filter(one => !/^[a-z0-9-]+$/.test(one))).toEqual([])
})

test('the page lists the scenarios and differences as they are', () => {
  const text = readFileSync(page, 'utf8')
  // If this fails: node dra-sanity/src/docs.ts
  expect(withTables(text)).toBe(text)
})

test('differences name scenarios that there are, each once', () => {
  const named = goTestDriver.flatMap(one => one.scenarios)
  expect(new Set(named).size).toBe(named.length)
  expect(named.filter(one => !scenarios.some(it => it.name === one))).toEqual([])
})
