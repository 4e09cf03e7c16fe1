import type {ChartData} from '../chart/index.ts'
import type {GeneratedFile} from '../file.ts'
import {argocdFiles, argocdManifestsFiles} from './argocd.ts'
import {fluxFiles, fluxManifestsFiles} from './flux.ts'
import {renderedFiles} from './rendered.ts'

export {admissionFiles} from './admission.ts'
export {renovateFile} from './renovate.ts'

/** Manifests for whoever installs by GitOps. */
export function deployFiles(data: ChartData): GeneratedFile[] {
  return [
    ...argocdFiles(data),
    ...argocdManifestsFiles(data),
    ...fluxFiles(data),
    ...fluxManifestsFiles(data),
    ...renderedFiles(data),
  ]
}
