import {toYaml} from '#lib/yaml-out.ts'
import type {ChartData} from '../chart/index.ts'
import {type KubeObject, siteObjects} from '../chart/objects.ts'
import type {GeneratedFile} from '../file.ts'
import {markedText} from '../mark.ts'

/** One file per object, named `<kind>-<name>.yaml`. */
export function objectFile(folder: string, object: KubeObject | PlainObject): GeneratedFile {
  const name = `${object.kind.toLowerCase()}-${object.metadata.name}`
  return {path: `${folder}/${name}.yaml`, text: markedText(toYaml(object))}
}
/** An object that is not the chart's. */
export type PlainObject = {kind: string; metadata: {name: string}; [field: string]: unknown}

/** A kustomization over files of its folder, which it lists in bytewise order. */
export function kustomization(folder: string, files: readonly GeneratedFile[]): GeneratedFile {
  const resources = files.map(f => f.path.slice(folder.length + 1)).sort()
  return {
    path: `${folder}/kustomization.yaml`,
    text: markedText(
      toYaml({apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', resources}),
    ),
  }
}

/** The chart's objects as plain files, to be reviewed as a diff and applied by anything. */
export function renderedFiles(data: ChartData): GeneratedFile[] {
  const folder = 'deploy/rendered'
  const files = siteObjects(data).map(object => objectFile(folder, object))
  return [...files, kustomization(folder, files)]
}
