import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {parse} from 'yaml'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {parseYaml} from '#lib/yaml.ts'
import {type Lock, lockSchema} from '#release/kernels/lock-schema.ts'
import {loadMatrix, loadShape} from '#release/matrix/load.ts'
import {type ComponentDescriptor, componentSchema} from '#release/plan/component.ts'
import {loadDevice} from './device/load.ts'
import {type Changes, changesSchema} from './docs/changes.ts'
import {type GenerateInput, generate} from './index.ts'
import {isGenerated} from './mark.ts'

const root = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(root, path))
const yamlIn = (folder: string) =>
  readdirSync(join(root, folder))
    .filter(name => name.endsWith('.yaml'))
    .map(name => `${folder}/${name}`)

/** The repository's own files. */
function repositoryInput(): GenerateInput {
  const matrix = loadMatrix(read('matrix/mock-device.yaml'), 'matrix/mock-device.yaml').value
  const lock = lockSchema.parse(parseYaml(read('matrix/kernels.lock.yaml'), 'lock').value)
  if (!matrix) throw new Error('the matrix has errors; `./lockstep matrix lint` shows them')
  return {
    matrix,
    file: 'matrix/mock-device.yaml',
    lock: lock as Lock,
    components: yamlIn('components')
      .filter(path => !path.endsWith('/device.yaml'))
      .map(path => loadShape(read(path), path, componentSchema).value as ComponentDescriptor),
    changes: yamlIn('matrix/changes').map(
      path => loadShape(read(path), path, changesSchema).value as Changes,
    ),
    device: loadDevice(read('components/device.yaml')).value,
  }
}

describe('everything, from the repository’s own files', () => {
  const input = repositoryInput()
  const files = generate(input)

  test('has the files that a release needs', () => {
    const paths = files.map(f => f.path)
    for (const path of [
      'CHANGELOG.md',
      'charts/mock-device/Chart.yaml',
      'charts/mock-device/files/dockerfiles/fedora-43.Dockerfile',
      'charts/mock-device/values.schema.json',
      'deploy/argocd/application-mock-device.yaml',
      'deploy/flux/helmrelease-mock-device.yaml',
      'deploy/rendered/module-mock-accel.yaml',
      'docs/compatibility.md',
      `docs/release-notes/v${input.matrix.release?.version}.md`,
      'kernel-driver/include/generated/mock-accel-regs.h',
      'kernel-driver/version.mk',
      'renovate.json5',
    ])
      expect(paths).toContain(path)
    expect(paths).toEqual([...paths].sort())
  })

  test('each file says in its first line that it is generated, and ends with one newline', () => {
    for (const {path, text} of files) {
      expect(isGenerated(text), path).toBe(true)
      expect(text, path).toMatch(/[^\n]\n$/)
      expect(text, path).not.toContain('\r')
    }
  })

  test('the chart has every value that the matrix speaks of, with the same default', () => {
    const path = 'charts/mock-device/values.yaml'
    const values: unknown = parse(files.find(f => f.path === path)?.text ?? '')
    for (const [name, {default: wanted}] of Object.entries(input.matrix.components.chart?.values ?? {})) {
      const found = name
        .split('.')
        .reduce((at, key) => (at as Record<string, unknown> | undefined)?.[key], values)
      expect(String(found), name).toBe(wanted)
    }
  })

  test('is the same, byte for byte, whatever order the inputs come in', () => {
    const shuffled = {
      ...input,
      components: [...input.components].reverse(),
      changes: [...input.changes].reverse(),
    }
    expect(generate(shuffled)).toEqual(files)
  })

  test('a matrix without a release, or without a kernel module, is refused with the next step', () => {
    const problem = (changed: Partial<GenerateInput>) => {
      try {
        generate({...input, ...changed})
      } catch (error) {
        if (error instanceof DiagnosticError) return error.diagnostics[0]
      }
      return undefined
    }
    expect(problem({matrix: {...input.matrix, release: undefined}})?.code).toBe('G001')
    expect(problem({components: []})).toMatchObject({
      code: 'G002',
      hint: expect.stringContaining('kernel-module'),
    })
  })
})
