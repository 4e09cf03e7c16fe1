// biome-ignore-all lint/suspicious/noTemplateCurlyInString: KMM's own variables are written so
import {describe, expect, test} from 'vitest'
import {conditionProblems, lineMappings, lineProblems, misrouted, plannedKernels} from './mappings.ts'
import {testLine as line, testLock} from './test-lines.ts'

const release = {
  version: '0.2.0',
  registry: 'ghcr.io/owner',
  image: 'mock-accel-module',
  module: 'mock_accel',
}

const trixie = line({id: 'trixie', match: '^6\\.12\\.[0-9]+\\+deb13(?:\\.[0-9]+)?-amd64$'})
const cloud = line({id: 'trixie-cloud', match: '^6\\.12\\.[0-9]+\\+deb13(?:\\.[0-9]+)?-cloud-amd64$'})
const fedora = line({
  id: 'fedora-43',
  match: '^6\\.17\\.[0-9]+-[0-9]+\\.fc43\\.x86_64$',
  deliver: 'kmm-build',
})
const old = line({
  id: 'old',
  match: '^6\\.11\\.0-300\\.fc43\\.x86_64$',
  state: 'eol',
  lastImage: 'mock-accel-module:v0.1.0-fc43',
})
const planned = line({id: 'next', match: '^7\\.9', state: 'planned', kernels: ['7.9.0-1-amd64']})

describe('lineMappings', () => {
  test('literals first, then anchored expressions; planned lines have none', () => {
    const mappings = lineMappings([trixie, planned, old, fedora], release)
    expect(
      mappings.map(m => [m.line, m.mapping.literal ?? m.mapping.regexp, m.mapping.containerImage]),
    ).toEqual([
      ['old', '6.11.0-300.fc43.x86_64', 'ghcr.io/owner/mock-accel-module:v0.1.0-fc43'],
      ['trixie', trixie.match, 'ghcr.io/owner/mock-accel-module:v0.2.0-${KERNEL_FULL_VERSION}'],
      ['fedora-43', fedora.match, 'ghcr.io/owner/mock-accel-module:v0.2.0-${KERNEL_FULL_VERSION}'],
    ])
  })

  test('a line that is built in the cluster says from which ConfigMap, and how it is signed', () => {
    const signing = {enabled: true, keySecret: 'key', certSecret: 'cert'}
    const [plain] = lineMappings([fedora], release)
    const [signed] = lineMappings([fedora], {...release, signing})
    expect(plain?.mapping.build).toEqual({dockerfileConfigMap: {name: 'mock-accel-module-build-fedora-43'}})
    expect(plain?.mapping.sign).toBeUndefined()
    expect(signed?.mapping.sign?.filesToSign).toEqual([
      '/opt/lib/modules/${KERNEL_FULL_VERSION}/mock_accel.ko',
    ])
  })

  test('a kernel that the expression does not take is named', () => {
    const named = line({id: 'own', match: trixie.match, kernels: ['6.12.1-own', '6.12.107+deb13-amd64']})
    const [first, ...rest] = lineMappings([named], release)
    expect(first?.mapping).toEqual({
      literal: '6.12.1-own',
      containerImage: 'ghcr.io/owner/mock-accel-module:v0.2.0-6.12.1-own',
    })
    expect(rest).toHaveLength(1)
  })
})

describe('lineProblems', () => {
  test('none for lines that are apart', async () => {
    expect(lineProblems([trixie, cloud, fedora, old, planned].slice(0, 4), release)).toEqual([])
  })

  test('names the shadowed line and the one before it, whatever stands between', async () => {
    const wide = line({id: 'wide', match: '^6\\.12\\..*-amd64$'})
    const problems = lineProblems([old, wide, cloud, planned], release)
    expect(problems.map(p => [p.code, p.index, p.related])).toEqual([
      ['K010', 2, [1]],
      ['K013', 3, []],
    ])
  })

  test('what RE2 refuses is said once', async () => {
    const bad = line({id: 'bad', match: '^6(?=\\.12)$'})
    expect(lineProblems([trixie, bad], release).map(p => [p.code, p.index])).toEqual([['K004', 1]])
  })
})

test('conditionProblems judges any list, such as extraKernelMappings', async () => {
  const problems = conditionProblems([
    {regexp: 'amd64'},
    {literal: '6.1-amd64'},
    {regexp: '^a b$'},
    {regexp: '('},
  ])
  expect(problems.map(p => [p.code, p.index, p.related])).toEqual([
    ['K010', 1, [0]],
    ['K011', 2, []],
    ['K004', 3, []],
  ])
})

test('misrouted finds a locked kernel that an earlier line takes', async () => {
  const kernel = (name: string) => ({kernel: name, arch: 'amd64' as const, compiler: 'gcc-14', packages: []})
  const lock = testLock({
    trixie: [kernel('6.12.117+deb13-amd64')],
    'trixie-cloud': [kernel('6.12.117+deb13-cloud-amd64'), kernel('6.12.200+deb13-cloud-amd64')],
    next: [kernel('7.9.0-2-amd64')],
  })
  const wide = line({id: 'trixie', match: '^6\\.12\\.11\\d\\+deb13-.*amd64$'})
  const wrong = await misrouted(lineMappings([wide, cloud], release), lock)
  expect(wrong.map(w => [w.line, w.kernel, w.taken?.line])).toEqual([
    ['trixie-cloud', '6.12.117+deb13-cloud-amd64', 'trixie'],
    ['next', '7.9.0-2-amd64', undefined],
  ])
  expect(plannedKernels([planned], lock).map(p => p.kernel)).toEqual(['7.9.0-1-amd64', '7.9.0-2-amd64'])
})
