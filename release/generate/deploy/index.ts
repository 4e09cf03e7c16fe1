import type {ChartData} from '../chart/index.ts'
import type {GeneratedFile} from '../file.ts'
import {argocdFiles} from './argocd.ts'
import {fluxFiles} from './flux.ts'
import {renderedFiles} from './rendered.ts'

export {admissionFiles} from './admission.ts'
export {renovateFile} from './renovate.ts'

/** Manifests for whoever installs by GitOps. */
export function deployFiles(data: ChartData): GeneratedFile[] {
  return [...argocdFiles(data), ...fluxFiles(data), ...renderedFiles(data)]
}
