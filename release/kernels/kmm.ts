/**
 * What KMM 2.6 does with a node's kernel name and a Module's kernel mappings, as pure functions. Names in
 * parentheses are files of github.com/kubernetes-sigs/kernel-module-management.
 */
import {type Diagnostic, DiagnosticError, fail} from '#lib/diagnostics.ts'
import type {KernelMapping} from './types.ts'

/** The kernel name by which KMM chooses: one trailing `+` is gone (internal/controllers/module_reconciler.go). */
export function trimKernel(unameRelease: string): string {
  return unameRelease.endsWith('+') ? unameRelease.slice(0, -1) : unameRelease
}

/**
 * The kernel name as it stands in image tags (internal/kernel/kernel.go, NormalizeVersion).
 *
 * Only tags and sign paths are normalised; build arguments and the module folder in the image keep the raw
 * name, so a `+` kernel has two spellings.
 */
export function normalizeKernel(kernel: string): string {
  return kernel.replace(/[^A-Za-z0-9._-]/gu, '_')
}

/** Longest tag that the distribution specification allows. */
const maxTag = 128

/**
 * The tag of the image that holds a release's module for one kernel: `v0.2.0-6.12.117_deb13-amd64`.
 * @throws DiagnosticError K001 when no registry would take the tag
 */
export function imageTag(version: string, kernel: string): string {
  const tag = `v${version}-${normalizeKernel(trimKernel(kernel))}`
  if (tag.length <= maxTag) return tag
  fail({
    code: 'K001',
    message: `the image tag for kernel ${kernel} has ${tag.length} characters; registries take ${maxTag}`,
    expected: 'a kernel name of about 100 characters or fewer',
    hint: 'shorten the kernel’s CONFIG_LOCALVERSION',
  })
}

/** The tag rule as a mapping says it, for KMM to fill in. */
export function imageTagTemplate(version: string): string {
  return `v${version}-\${KERNEL_FULL_VERSION}`
}

/** What a template may ask for about the Module. */
export type ModuleName = {name: string; namespace: string}

/** The variables that KMM offers to a mapping's containerImage (internal/utils/replaceStrings.go). */
export function templateVariables(kernel: string, module?: ModuleName): Record<string, string> {
  const normalized = normalizeKernel(trimKernel(kernel))
  const [x, y, z] = normalized.split(/[.,-]/)
  // KMM indexes the three fields unchecked and would crash on such a name.
  if (x === undefined || y === undefined || z === undefined)
    fail({
      code: 'K002',
      message: `the kernel name ${JSON.stringify(kernel)} has fewer than three fields, which KMM cannot split`,
      expected: 'a name such as 6.12.117+deb13-amd64',
    })
  return {
    KERNEL_FULL_VERSION: normalized,
    KERNEL_VERSION: normalized,
    KERNEL_XYZ: `${x}.${y}.${z}`,
    KERNEL_X: x,
    KERNEL_Y: y,
    KERNEL_Z: z,
    ...(module ? {MOD_NAME: module.name, MOD_NAMESPACE: module.namespace} : {}),
  }
}

/**
 * A containerImage with its variables filled in for one kernel. `kernel` is the raw name.
 *
 * KMM reads `$NAME` and `${NAME}` and puts nothing where a name is unknown; that is refused here, and so are
 * the other forms of its template language, which nobody needs in an image name.
 * @throws DiagnosticError K002 (kernel name), K003 (unknown variable or form)
 */
export function substitute(image: string, kernel: string, module?: ModuleName): string {
  const variables = templateVariables(kernel, module)
  return image.replace(/\$(?:\{([A-Za-z0-9_]*)\}|([A-Za-z0-9_]+))|\$/g, (whole, braced, bare) => {
    const value = variables[braced ?? bare ?? '']
    if (value !== undefined) return value
    return fail({
      code: 'K003',
      message: `the image ${image} asks for ${whole}, which KMM does not fill in`,
      expected: `one of ${Object.keys(variables)
        .map(name => `\${${name}}`)
        .join(', ')}`,
    })
  })
}

/** Whether a text matches Go's `regexp.MatchString`: unanchored, RE2's rules. */
export type RegexpTest = (kernel: string) => boolean

let re2js: typeof import('re2js') | undefined

/**
 * Compiles by RE2's rules. The engine is large, so it is loaded when first needed.
 * @throws DiagnosticError K004 when RE2 refuses the expression
 */
export async function compileRegexp(regexp: string): Promise<RegexpTest> {
  re2js ??= await import('re2js')
  try {
    const compiled = re2js.RE2JS.compile(regexp)
    return kernel => compiled.matcher(kernel).find()
  } catch (error) {
    if (!(error instanceof re2js.RE2JSException)) throw error
    throw new DiagnosticError([refusedRegexp(regexp, error.message)])
  }
}

/** K004: Go's regexp package does not take the expression. */
export function refusedRegexp(regexp: string, why: string): Omit<Diagnostic, 'place' | 'related'> {
  return {
    code: 'K004',
    severity: 'error',
    message: `Go’s regular expressions refuse ${regexp}: ${why}`,
    expected: 'RE2 syntax: no look-around and no back-references',
  }
}

export type Choice = {
  /** Place in the list, from 0. */
  index: number
  mapping: KernelMapping
  /** containerImage with the variables filled in. */
  image: string
  /** The tag in `image`; undefined when the image is named by digest or without a tag. */
  tag: string | undefined
}

/**
 * Prepares a list of mappings for many kernels. The answer to each raw kernel name is the first mapping in
 * list order that matches, literal and regexp alike (internal/module/kernelmapper.go, findKernelMapping);
 * undefined is KMM's ErrNoMatchingKernelMapping: the node gets no module.
 * @throws DiagnosticError K004; the returned function throws K002 and K003
 */
export async function mappingChooser(
  mappings: readonly KernelMapping[],
  module?: ModuleName,
): Promise<(kernel: string) => Choice | undefined> {
  const literals = new Map<string, number>()
  const regexps: {index: number; test: RegexpTest}[] = []
  for (const [index, mapping] of mappings.entries()) {
    if (mapping.regexp !== undefined) regexps.push({index, test: await compileRegexp(mapping.regexp)})
    else if (!literals.has(mapping.literal)) literals.set(mapping.literal, index)
  }
  return raw => {
    const kernel = trimKernel(raw)
    const literal = literals.get(kernel) ?? mappings.length
    const index = regexps.find(r => r.index < literal && r.test(kernel))?.index ?? literal
    const mapping = mappings[index]
    if (!mapping) return undefined
    const image = substitute(mapping.containerImage, kernel, module)
    return {index, mapping, image, tag: tagOf(image)}
  }
}

/** {@link mappingChooser} for one kernel. */
export async function chooseMapping(
  mappings: readonly KernelMapping[],
  kernel: string,
  module?: ModuleName,
): Promise<Choice | undefined> {
  return (await mappingChooser(mappings, module))(kernel)
}

/** The tag of an image reference; a port's colon is not one, and a digest wins over a tag. */
export function tagOf(image: string): string | undefined {
  return /^[^@]*:([^:/@]+)$/.exec(image)?.[1]
}
