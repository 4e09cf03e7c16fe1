import {spawnSync} from 'node:child_process'
import {chmodSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import type {PlannedStep} from '../upgrade/procedures.ts'
import {stepLines} from './commands.ts'
import {judged, scriptOf, triesOf} from './script.ts'
import type {Task} from './tasks.ts'
import {readProduct} from './testing.ts'
import {scopeOf} from './variables.ts'

const matrix = readProduct('mlops-platform')
let bin: string
beforeAll(() => {
  bin = mkdtempSync(join(tmpdir(), 'bin-'))
  // Say what they are told to say.
  for (const name of ['aws', 'curl', 'kubectl']) {
    writeFileSync(join(bin, name), '#!/bin/sh\nprintf "%s\\n" "$SAY"\n')
    chmodSync(join(bin, name), 0o755)
  }
})
afterAll(() => rmSync(bin, {recursive: true}))

function taskOf(step: Partial<PlannedStep>): Task {
  const whole: PlannedStep = {phase: 'verify', procedure: 'p', title: 'A step.', ...step}
  return {id: '1.1', step: whole, edits: [], lines: stepLines(whole, matrix)}
}
const ends = (task: Task, say: string) =>
  spawnSync('sh', ['-eu', '-c', scriptOf(task, scopeOf('eks', {cluster: 'prod'}, true))], {
    env: {SAY: say, PATH: `${bin}:${process.env.PATH}`},
  }).status

test('a script ends well only when its step did what it should', () => {
  const none = taskOf({run: ['kubectl get pods -o name'], matches: '^$'})
  expect([ends(none, ''), ends(none, 'pod/stuck')]).toEqual([0, 1])
  const state = taskOf({run: ['aws eks describe-cluster'], matches: '^ACTIVE\\s+1.34$'})
  expect([ends(state, 'ACTIVE\t1.34'), ends(state, 'UPDATING\t1.34')]).toEqual([0, 1])
  const answers = taskOf({probe: {http: 'http://app/health', status: 200}})
  expect([ends(answers, '200'), ends(answers, '503')]).toEqual([0, 1])
  const insights = taskOf({
    do: {action: 'eks-insights', cluster: '{{cluster}}', category: 'UPGRADE_READINESS'},
  })
  expect([ends(insights, '{"status": "PASSING"}'), ends(insights, '{"status": "ERROR"}')]).toEqual([0, 1])
})

test('what no exit code tells is for a person', () => {
  expect(judged(taskOf({run: ['kubectl get pdb -A'], expect: 'ALLOWED DISRUPTIONS above 0'}))).toBe(false)
  expect(judged(taskOf({run: ['kubectl get pdb -A']}))).toBe(true)
  expect(judged(taskOf({probe: {promql: 'rate(errors[5m])', holds: '< 0.01'}}))).toBe(false)
})

test('only what is harmless to do twice is tried again', () => {
  expect(triesOf(taskOf({run: ['kubectl get pods']}))).toBe(3)
  expect(triesOf(taskOf({phase: 'change', run: ['kubectl create namespace x']}))).toBe(1)
  expect(
    triesOf(taskOf({phase: 'change', do: {action: 'eks-cluster-version', cluster: 'c', version: '1.35'}})),
  ).toBe(1)
})
