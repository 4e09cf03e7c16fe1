/** One entry of a KMM Module's `kernelMappings`: the fields that we write or judge. */
export type KernelMapping = (
  | {literal: string; regexp?: undefined}
  | {regexp: string; literal?: undefined}
) & {
  /** May hold KMM's variables, `…:v0.2.0-${KERNEL_FULL_VERSION}`. */
  containerImage: string
  /** In-cluster build; KMM builds when the tag is not in the registry yet. */
  build?: {
    dockerfileConfigMap: {name: string}
    buildArgs?: {name: string; value: string}[]
  }
  sign?: {
    keySecret: {name: string}
    certSecret: {name: string}
    filesToSign: string[]
  }
}

/** What the mapping's condition says, for people. */
export function mappingText(mapping: Pick<KernelMapping, 'literal' | 'regexp'>): string {
  return mapping.regexp !== undefined ? `regexp ${mapping.regexp}` : `literal ${mapping.literal}`
}
