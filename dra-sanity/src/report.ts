import {styleText} from 'node:util'
import {contract} from './contract.ts'
import type {Result, Status} from './run.ts'
import type {Scenario} from './scenario.ts'

export type Report = 'human' | 'json' | 'junit'
export type Subject = {driver: string}

const words: Readonly<Record<Status, {word: string; colour: Parameters<typeof styleText>[0]}>> = {
  pass: {word: 'pass  ', colour: 'green'},
  fail: {word: 'FAIL  ', colour: 'red'},
  advice: {word: 'advice', colour: 'yellow'},
  skip: {word: 'skip  ', colour: 'cyan'},
  error: {word: 'ERROR ', colour: 'magenta'},
}

/** One result as lines for a terminal. */
export function humanLine(result: Result, color: boolean): string {
  const {word, colour} = words[result.status]
  const paint = (text: string) => (color ? styleText(colour, text, {validateStream: false}) : text)
  const lines = [`${paint(word)} ${result.scenario} (${result.ms} ms): ${result.title}`]
  for (const one of result.findings)
    lines.push(
      `       ${one.level} ${one.says}`,
      `         but: ${one.message}`,
      `         see: ${one.source}`,
    )
  if (result.reason) lines.push(`       ${result.reason.replaceAll('\n', '\n       ')}`)
  for (const note of result.notes) lines.push(`       note: ${note}`)
  return `${lines.join('\n')}\n`
}

export type Counts = Record<Status, number>

export function countOf(results: readonly Result[]): Counts {
  const counts: Counts = {pass: 0, fail: 0, advice: 0, skip: 0, error: 0}
  for (const one of results) counts[one.status]++
  return counts
}

export function humanEnd(results: readonly Result[]): string {
  const {pass, fail, advice, skip, error} = countOf(results)
  return `${pass} passed, ${fail} failed, ${advice} with advice, ${skip} skipped, ${error} could not be run\n`
}

/** Versioned, for scripts. */
export function jsonReport(results: readonly Result[], {driver}: Subject): string {
  return `${JSON.stringify({version: 1, driver, counts: countOf(results), results}, undefined, 2)}\n`
}

/** The JUnit form that CI systems read: a `should` that is broken is told in system-out, not as a failure. */
export function junitReport(results: readonly Result[], {driver}: Subject): string {
  const {fail, skip, error} = countOf(results)
  const seconds = (ms: number) => (ms / 1000).toFixed(3)
  const time = seconds(results.reduce((sum, one) => sum + one.ms, 0))
  const cases = results.map(one => {
    const name = `<testcase classname="${xml(`dra-sanity.${driver}`)}" name="${xml(one.scenario)}" time="${seconds(one.ms)}"`
    const body = junitBody(one)
    return body ? `    ${name}>\n${body}    </testcase>` : `    ${name}/>`
  })
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites tests="${results.length}" failures="${fail}" errors="${error}" skipped="${skip}" time="${time}">`,
    `  <testsuite name="dra-sanity" tests="${results.length}" failures="${fail}" errors="${error}" skipped="${skip}" time="${time}">`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}

function junitBody({status, findings, notes, reason, title}: Result): string {
  const text = findings.map(one => `${one.level}: ${one.says}\n  but: ${one.message}\n  see: ${one.source}`)
  const first = findings.find(one => one.level === 'must')
  const outcome = {
    pass: '',
    advice: '',
    fail: `      <failure message="${xml(first?.message ?? title)}">${xml(text.join('\n'))}</failure>\n`,
    skip: `      <skipped message="${xml(reason ?? '')}"/>\n`,
    error: `      <error message="${xml((reason ?? '').split('\n')[0] ?? '')}">${xml(reason ?? '')}</error>\n`,
  }[status]
  const said = [...(status === 'advice' ? text : []), ...notes]
  return outcome + (said.length > 0 ? `      <system-out>${xml(said.join('\n'))}</system-out>\n` : '')
}

const xml = (text: string): string =>
  text
    // What XML 1.0 cannot carry at all.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')

/** Every scenario with the clauses it holds a driver to: `--list`. */
export function listText(scenarios: readonly Scenario[]): string {
  return scenarios
    .map(one => {
      const clauses = one.clauses.map(
        id => `  ${contract[id].level} ${contract[id].says}\n    ${contract[id].source}`,
      )
      return [`${one.name}: ${one.title}`, ...clauses].join('\n')
    })
    .join('\n\n')
    .concat('\n')
}
