import {fail} from '#lib/diagnostics.ts'
import {dockerfiles, type InClusterBuild} from '#release/kernels/fedora.ts'
import type {Lock} from '#release/kernels/lock-schema.ts'
import {lineMappings, plannedKernels} from '#release/kernels/mappings.ts'
import type {KernelMapping} from '#release/kernels/types.ts'
import type {Matrix} from '#release/matrix/schema/index.ts'
import type {ComponentDescriptor, KernelModuleRecipe} from '#release/plan/component.ts'
import type {Device} from '../device/schema.ts'
import {oldestKubernetes} from '../oldest-kubernetes.ts'
import {type DriverData, driverData} from './driver-data.ts'

/** One entry of the value kernelModule.kernelMappings. */
export type ChartMapping = {
  literal?: string
  regexp?: string
  /** Below kernelModule.image.repository (build.repository when it is built in the cluster). */
  tag?: string
  /** A whole image, for one that lies elsewhere. */
  containerImage?: string
  /** Dockerfile of the chart with which KMM builds the image in the cluster. */
  dockerfile?: string
}

/** All that chart and manifests tell, taken from the matrix. */
export type ChartData = {
  chart: string
  version: string
  /** YYYY-MM-DD. */
  date: string
  prerelease: boolean
  title: string
  summary: string
  status: string | undefined
  home: string
  repository: string
  issues: string
  documentation: string | undefined
  license: string
  contributors: readonly {name: string; handle?: string | undefined; role: string}[]
  /** `ghcr.io/owner`. */
  registry: string
  /** `ghcr.io/owner/charts`. */
  charts: string
  /** The artifact of rendered manifests, `ghcr.io/owner/mock-device-manifests`; undefined when none is built. */
  manifests: string | undefined
  /** Oldest Kubernetes minor that the release works with, `1.34`. */
  kubernetes: string | undefined
  /** The kernel module: its image's repository, the Module object's name, modprobe's name and the file's. */
  module: {repository: string; object: string; modprobe: string; file: string; firmware: boolean}
  driver: DriverData
  signing: {keySecret: string; certSecret: string}
  mappings: readonly ChartMapping[]
  /** Dockerfiles for KMM's in-cluster builds, by line. */
  dockerfiles: readonly {line: string; text: string}[]
  /** Kernels that a PreflightValidation asks about. */
  planned: readonly string[]
}

export type ChartInput = {
  matrix: Matrix
  components: readonly ComponentDescriptor[]
  lock: Lock
  device?: Device | undefined
}

/**
 * What the chart needs to know, out of the matrix, the descriptors and the lock.
 * @throws DiagnosticError G001 when the matrix has no release or no kernels, G002 when no component is a chart or
 *   a kernel module, G004 without a device contract
 */
export function chartData({matrix, components, lock, device}: ChartInput): ChartData {
  const {product, release, kernels} = matrix
  if (!release || !kernels)
    fail({
      code: 'G001',
      message: `the matrix of ${product.id} has no ${release ? 'kernels' : 'release'} section, and the chart is made of it`,
      hint: `add ${release ? 'kernels' : 'release'}: to the matrix`,
    })
  const {recipe: module, component: driver} = recipe(components, 'kernel-module')
  const repository = `${release.registry}/${module.image}`
  const object = module.module
  return {
    chart: recipe(components, 'chart').recipe.chart,
    version: release.version,
    date: release.date,
    prerelease: release.channel !== 'stable',
    title: product.title,
    summary: product.summary,
    status: release.status,
    home: product.home,
    repository: product.repository,
    issues: product.issues,
    documentation: product.documentation,
    license: product.license,
    contributors: product.contributors,
    registry: release.registry,
    charts: `${release.registry}/${release.charts}`,
    manifests: manifestsOf(components, release.registry),
    kubernetes: oldestKubernetes(matrix),
    module: {
      repository,
      object,
      modprobe: kernels.module.replaceAll('-', '_'),
      file: `${module.module}.ko`,
      firmware: module.firmware.length > 0,
    },
    driver: driverData(components, device, release.registry),
    signing: {
      keySecret: kernels.signing?.keySecret ?? '',
      certSecret: kernels.signing?.certSecret ?? '',
    },
    mappings: lineMappings(kernels.lines, {
      version: release.version,
      registry: release.registry,
      image: module.image,
      module: object,
    }).map(({line, mapping}) => chartMapping(line, mapping, repository)),
    dockerfiles: dockerfiles(kernels.lines, inClusterBuild(matrix.product, release.version, driver, module)),
    planned: plannedKernels(kernels.lines, lock).map(p => p.kernel),
  }
}

function chartMapping(line: string, mapping: KernelMapping, repository: string): ChartMapping {
  const {literal, regexp, containerImage, build} = mapping
  const below = containerImage.startsWith(`${repository}:`)
  return {
    ...(regexp !== undefined ? {regexp} : {literal}),
    ...(below ? {tag: containerImage.slice(repository.length + 1)} : {containerImage}),
    ...(build ? {dockerfile: line} : {}),
  }
}

/** Where a build in the cluster finds the driver: in the source tarball of the release. */
function inClusterBuild(
  {id, repository}: Matrix['product'],
  version: string,
  driver: ComponentDescriptor,
  {module, firmware}: KernelModuleRecipe,
): InClusterBuild {
  const source = driver.builds.find(b => b.kind === 'source')
  return {
    version,
    downloads: `${repository}/releases/download/v${version}`,
    tarball: `${id}-v${version}-${source?.name ?? driver.id}.tar.gz`,
    folder: driver.path,
    module,
    firmware,
  }
}

type RecipeOf<K> = Extract<ComponentDescriptor['builds'][number], {kind: K}>

function recipe<K extends 'chart' | KernelModuleRecipe['kind']>(
  components: readonly ComponentDescriptor[],
  kind: K,
): {component: ComponentDescriptor; recipe: RecipeOf<K>} {
  for (const component of components) {
    const found = component.builds.find((b): b is RecipeOf<K> => b.kind === kind)
    if (found) return {component, recipe: found}
  }
  fail({
    code: 'G002',
    message: `no component builds a ${kind}, and the chart and manifests need one`,
    hint: `add components/*.yaml with builds: [{kind: ${kind}, …}]`,
  })
}

function manifestsOf(components: readonly ComponentDescriptor[], registry: string): string | undefined {
  const build = components.flatMap(one => one.builds).find(one => one.kind === 'manifests')
  return build && `${registry}/${build.image}`
}
