import type {Finding, Level} from '../doctor/finding.ts'
import {count, type Paint, paragraph} from './output.ts'

const tones: Record<Level, Parameters<Paint>[0]> = {problem: 'red', warning: 'yellow', unknown: 'magenta'}

/** Findings for people, and how many there are. */
export function findingsText(findings: readonly Finding[], paint: Paint, width: number): string {
  if (findings.length === 0) return 'nothing is wrong\n'
  const texts = findings.map(({level, code, about, what, why, todo, source}) =>
    [
      `${paint(tones[level], level)} ${paint('bold', about)} [${code}]\n`,
      paragraph(what, {width, indent: 2}),
      paragraph(`why: ${why}`, {width, indent: 2}),
      paragraph(`do: ${todo}`, {width, indent: 2}),
      paragraph(`source: ${source}`, {width, indent: 2}),
    ].join(''),
  )
  const of = (level: Level) => findings.filter(finding => finding.level === level).length
  const counts = `${count(of('problem'), 'problem')}, ${count(of('warning'), 'warning')}, ${of('unknown')} unknown`
  return `${texts.join('\n')}\n${counts}\n`
}
