import {fail} from '#lib/diagnostics.ts'
import {imageTag} from '../kernels/kmm.ts'
import type {ComponentDescriptor, KernelModuleRecipe} from './component.ts'
import {filesBelow} from './files-below.ts'
import {
  type Draft,
  type PlanInput,
  type PlannedKernel,
  type Release,
  type Signature,
  stages,
} from './input.ts'
import {lineTag} from './tags.ts'

/** A module for one kernel and its image, with what they share with those of other kernels. */
export function moduleDrafts(
  build: KernelModuleRecipe,
  component: ComponentDescriptor,
  input: PlanInput,
  release: Release,
  kernel: PlannedKernel,
  index: number,
): Draft[] {
  const {version} = release
  const newestOfLine = input.kernels.findIndex(k => k.line === kernel.line) === index
  const below = (paths: string[]) =>
    filesBelow(
      input.tree,
      paths.map(p => `${component.path}/${p}`),
      component.id,
    )
  const module: Draft = {
    id: `module:${build.module}:${kernel.kernel}`,
    component: component.id,
    title: `${build.module}.ko for ${kernel.kernel}`,
    recipe: {
      kind: 'module',
      module: build.module,
      version,
      kernel: kernel.kernel,
      line: kernel.line,
      arch: kernel.arch,
      compiler: kernel.compiler,
      packages: kernel.packages,
      root: component.path,
      sources: below(build.sources),
    },
    needs: [],
    files: [],
    stage: stages.image,
  }
  const base = baseDraft(kernel.arch, component.id, input)
  const certificate: Draft[] = input.signature
    ? [certificateDraft(build.module, component.id, input.signature)]
    : []
  const image: Draft = {
    id: `image:${build.image}:${kernel.kernel}`,
    component: component.id,
    title: `${build.image} for ${kernel.kernel}`,
    recipe: {
      kind: 'kmod-image',
      module: build.module,
      version,
      kernel: kernel.kernel,
      line: kernel.line,
      arch: kernel.arch,
      license: component.license,
      root: component.path,
      firmware: build.firmware.length > 0 ? below(build.firmware) : [],
      ...(input.signature ? {signature: input.signature} : {}),
    },
    needs: [module.id, base.id, ...certificate.map(c => c.id)],
    files: [],
    oci: {
      repository: build.image,
      tags: [imageTag(version, kernel.kernel)],
      floating: newestOfLine ? [lineTag(kernel.line, release.channel)] : [],
    },
    stage: stages.image,
  }
  return [module, base, ...certificate, image]
}

/**
 * What only the kernel lock has: Debian's packages that go into images.
 * @throws DiagnosticError P005 there is no kernel lock
 */
export function locked<T>(packages: T | undefined): T {
  return (
    packages ??
    fail({
      code: 'P005',
      message: 'an image needs Debian packages, and matrix/kernels.lock.yaml, which locks them, is not there',
      hint: '`lockstep kernels update` writes it',
    })
  )
}

/** The layer with a shell. */
export function baseDraft(arch: 'amd64' | 'arm64', component: string, input: PlanInput): Draft {
  return {
    id: `base:${arch}`,
    component,
    title: `busybox layer for ${arch}`,
    recipe: {kind: 'base', arch, package: locked(input.base)[arch]},
    needs: [],
    files: [],
    stage: stages.image,
  }
}

function certificateDraft(module: string, component: string, {certificate}: Signature): Draft {
  return {
    id: `certificate:${module}`,
    component,
    title: `Certificate of the signatures on ${module}.ko`,
    recipe: {kind: 'certificate', sha256: certificate},
    needs: [],
    files: [`${module}-signing.crt`],
    stage: stages.file,
  }
}
