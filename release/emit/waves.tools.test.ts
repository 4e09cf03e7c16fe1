import {execFileSync} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {toYaml} from '#lib/yaml-out.ts'
import {needTools} from '#testbed/needs.ts'
import {applicationSetting} from './argocd.ts'

describe('waves wait for Applications', async () => {
  const tools = await needTools('argocd')
  let dir = ''
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'health-'))
    writeFileSync(join(dir, 'cm.yaml'), toYaml(applicationSetting))
  })
  afterAll(() => rmSync(dir, {recursive: true}))

  const health = (status: object) => {
    const source = {repoURL: 'oci://example.com/app', targetRevision: '2.0.0', path: '.'}
    const object = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: {name: 'app', namespace: 'argocd'},
      spec: {project: 'default', destination: {name: 'in-cluster', namespace: 'app'}, source},
      status,
    }
    writeFileSync(join(dir, 'app.yaml'), toYaml(object))
    const argv = ['admin', 'settings', 'resource-overrides', 'health', join(dir, 'app.yaml')]
    const options = ['--argocd-cm-path', join(dir, 'cm.yaml')]
    // It tells of its start on standard error.
    const said = execFileSync(tools?.argocd ?? '', [...argv, ...options], {
      stdio: ['ignore', 'pipe', 'ignore'],
    }).toString()
    return /STATUS: (\w+)/.exec(said)?.[1]
  }
  const at = (revision: string) => ({comparedTo: {source: {targetRevision: revision}, destination: {}}})

  test.skipIf(!tools)('and not for the health of the version before', () => {
    expect(health({})).toBe('Progressing')
    const old = {sync: {status: 'Synced', ...at('1.0.0')}, health: {status: 'Healthy'}}
    expect(health(old)).toBe('Progressing')
    expect(health({sync: {status: 'OutOfSync', ...at('2.0.0')}, health: {status: 'Healthy'}})).toBe(
      'Progressing',
    )
    const synced = {status: 'Synced', ...at('2.0.0')}
    expect(health({sync: synced, health: {status: 'Healthy'}, operationState: {phase: 'Running'}})).toBe(
      'Progressing',
    )
    expect(health({sync: synced, health: {status: 'Progressing'}})).toBe('Progressing')
    expect(health({sync: synced, health: {status: 'Degraded'}})).toBe('Degraded')
    expect(health({sync: synced, health: {status: 'Healthy'}, operationState: {phase: 'Succeeded'}})).toBe(
      'Healthy',
    )
  })
})
