/** Dockerfiles with which KMM builds a line's module in the cluster: for kernels that come faster than releases. */
import type {KernelLine} from '#release/matrix/schema/kernels.ts'

export type InClusterBuild = {
  /** The release version, without `v`. */
  version: string
  /** Where the release's files are downloaded, `https://github.com/owner/name/releases/download/v0.2.0`. */
  downloads: string
  /** The driver's source tarball among them, and the driver's folder in it. */
  tarball: string
  folder: string
  /** The module's file without `.ko`. */
  module: string
  /** Firmware below the driver's folder. */
  firmware: readonly string[]
}

/** The Dockerfile of every line that is built in the cluster, by line. */
export function dockerfiles(
  lines: readonly KernelLine[],
  build: InClusterBuild,
): {line: string; text: string}[] {
  return lines.flatMap(line => {
    const text =
      line.state === 'planned' || line.deliver !== 'kmm-build' ? undefined : dockerfile(line, build)
    return text === undefined ? [] : [{line: line.id, text}]
  })
}

/**
 * KMM gives KERNEL_FULL_VERSION as the raw name (internal/buildsign/resource/common.go), which is what packages
 * and module folders are called. The image must hold sh, mkdir and cp for KMM's init container.
 */
function dockerfile(line: KernelLine, build: InClusterBuild): string | undefined {
  if (line.archive?.kind !== 'rpm') return undefined
  const {builder, distribution} = line.archive
  const {version, downloads, tarball, folder, module, firmware} = build
  // Fedora's mirrors keep the newest kernel only; the archive repository has the others.
  const archive = distribution === 'fedora' ? 'RUN dnf -y install fedora-repos-archive\n' : ''
  const copies = firmware.map(
    file => ` \\\n && install -D -m 0644 ${file} /out/firmware/${file.replace(/^.*\//, '')}`,
  )
  return `# ${line.title}: ${module} ${version}, built by KMM for the node's kernel.
FROM ${builder} AS build
ARG KERNEL_FULL_VERSION
${archive}RUN dnf -y install gcc make elfutils-libelf-devel kmod tar gzip diffutils "kernel-devel-\${KERNEL_FULL_VERSION}"
WORKDIR /source
RUN curl -fsSL --retry 5 -O ${downloads}/${tarball} -O ${downloads}/SHA256SUMS \\
 && grep -F '  ${tarball}' SHA256SUMS | sha256sum --strict -c - \\
 && tar -xzf ${tarball} --strip-components=1
WORKDIR /source/${folder}
RUN make -C "/usr/src/kernels/\${KERNEL_FULL_VERSION}" "M=$PWD" modules \\
 && install -D -m 0644 ${module}.ko "/out/opt/lib/modules/\${KERNEL_FULL_VERSION}/${module}.ko" \\
 && depmod -b /out/opt "\${KERNEL_FULL_VERSION}"${copies.join('')}

FROM ${builder}
COPY --from=build /out/ /
`
}
