import {dirname} from 'node:path'
import {describe, expect, test} from 'vitest'
import {parse} from 'yaml'
import {siteObjects} from '../chart/objects.ts'
import {sampleData} from '../chart/testing.ts'
import {isGenerated} from '../mark.ts'
import {deployFiles, renovateFile} from './index.ts'

const files = deployFiles(sampleData)
const inFolder = (folder: string) => files.filter(f => dirname(f.path) === folder)
const object = (path: string) => parse(files.find(f => f.path === path)?.text ?? '')

test('every file holds one object and is named after it', () => {
  for (const {path, text} of files) {
    if (path.endsWith('/kustomization.yaml')) continue
    const {kind, metadata} = parse(text)
    expect(path.split('/').at(-1)).toBe(`${kind.toLowerCase()}-${metadata.name}.yaml`)
    expect(isGenerated(text), path).toBe(true)
  }
})

test.each(['deploy/flux', 'deploy/flux-manifests', 'deploy/rendered'])(
  'the kustomization of %s lists its files, sorted',
  folder => {
    const names = inFolder(folder).map(f => f.path.slice(folder.length + 1))
    const {resources} = object(`${folder}/kustomization.yaml`)
    expect(resources).toEqual(names.filter(n => n !== 'kustomization.yaml').sort())
  },
)

test('rendered objects are those of the chart, mappings in order', () => {
  const rendered = inFolder('deploy/rendered').slice(0, -1)
  expect(rendered.map(f => parse(f.text))).toEqual(JSON.parse(JSON.stringify(siteObjects(sampleData))))
})

describe('the release version', () => {
  test('stands in Argo CD’s and Flux’s sources', () => {
    expect(object('deploy/argocd/application-mock-device.yaml').spec.source).toMatchObject({
      repoURL: 'oci://registry.test/owner/charts/mock-device',
      targetRevision: '9.8.7',
    })
    expect(object('deploy/flux/ocirepository-mock-device.yaml').spec).toMatchObject({
      url: 'oci://registry.test/owner/charts/mock-device',
      ref: {tag: '9.8.7'},
    })
    const manifests = 'oci://registry.test/owner/sample-manifests'
    expect(object('deploy/argocd-manifests/application-mock-device.yaml').spec.source).toMatchObject({
      repoURL: manifests,
      targetRevision: 'v9.8.7',
    })
    expect(object('deploy/flux-manifests/ocirepository-sample-manifests.yaml').spec).toMatchObject({
      url: manifests,
      ref: {tag: 'v9.8.7'},
    })
    expect(object('deploy/argocd/appproject-mock-device.yaml').spec.sourceRepos).toContain(manifests)
  })

  test('without a manifests artifact nothing speaks of one', () => {
    const paths = deployFiles({...sampleData, manifests: undefined}).map(f => f.path)
    expect(paths.filter(path => path.includes('-manifests'))).toEqual([])
  })

  test('is the one that Flux waits for', () => {
    const [module, driver] = ['-module', ''].map(s => object(`deploy/flux/helmrelease-mock-device${s}.yaml`))
    expect(driver.spec.dependsOn[0].name).toBe(module.metadata.name)
    for (const release of [module, driver])
      expect(release.metadata.labels['app.kubernetes.io/version']).toBe('9.8.7')
  })
})

test('no object holds a digest or a time of day', () => {
  for (const {path, text} of files) expect(text, path).not.toMatch(/sha256:|\dT\d\d:\d\d/)
})

test('Renovate’s expression finds a commented version in a matrix', () => {
  const {customManagers} = JSON.parse(renovateFile().text.replace(/^\/\/.*\n/, ''))
  const found = new RegExp(customManagers[0].matchStrings[0]).exec(
    "# renovate: datasource=github-releases depName=owner/name\n    - version: '1.36.4'\n",
  )
  expect(found?.groups).toMatchObject({
    datasource: 'github-releases',
    depName: 'owner/name',
    currentValue: '1.36.4',
  })
})
