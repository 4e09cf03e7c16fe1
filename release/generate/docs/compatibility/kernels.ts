import {imageTag, imageTagTemplate} from '#release/kernels/kmm.ts'
import type {KernelLine, Kernels} from '#release/matrix/schema/kernels.ts'
import type {Context} from '../context.ts'
import {known} from '../facts.ts'
import {blocks, bullets, code, fence, section, table} from '../markdown.ts'
import {requirementTable} from './versions.ts'

const architectureOfKernel = {amd64: 'x86_64', arm64: 'aarch64'}

export function kernels(context: Context): string {
  const {kernels} = context.matrix
  if (!kernels) return ''
  return section(
    2,
    'Kernel compatibility',
    section(3, 'Kernel version requirements', requirementTable(context, 'linux'), provenText(kernels)),
    section(3, 'Kernel lines', lineTable(kernels), lineText()),
    section(3, 'Kernel module images', imageTable(context, kernels), exactKernels(context)),
    section(3, 'Other kernels', otherKernels(context)),
  )
}

function provenText({claimed, proven}: Kernels): string {
  return `The source is written for ${claimed} and later; ${proven} is the oldest it is built on.`
}

const states = {supported: 'built', planned: 'planned', eol: 'ended'}

function lineTable({lines}: Kernels): string {
  const rows = lines.map(line => [
    line.title,
    code(line.match),
    architectureOfKernel[line.arch],
    line.state === 'supported' && line.deliver === 'kmm-build' ? 'built in the cluster' : states[line.state],
    line.because ?? '',
    known(line),
  ])
  return table(['Line', 'Kernels (`uname -r`)', 'Architecture', 'State', 'Notes', 'Known'], rows)
}

function lineText(): string {
  return bullets([
    '**built**: the release has an image for its newest kernels, and gets one for those that come later.',
    '**built in the cluster**: KMM builds the image from the source when a node needs it.',
    '**planned**: KMM is only asked whether it would work (`PreflightValidation`).',
    '**ended**: mapped to its last image; nothing new is built.',
  ])
}

function imageTable({release}: Context, {lines}: Kernels): string {
  const rows = lines.flatMap(line => {
    const tag = tagOf(line, release.version)
    return tag ? [[line.title, code(`${release.registry}/${tag}`)]] : []
  })
  return table(['Line', 'Image'], rows)
}

function tagOf(line: KernelLine, version: string): string | undefined {
  if (line.state === 'planned') return undefined
  return line.state === 'eol' ? line.lastImage : `mock-accel-module:${imageTagTemplate(version)}`
}

/** The kernels of the lock: what the release was built for on its day. */
export function exactKernels({lock, release}: Pick<Context, 'lock' | 'release'>): string {
  if (!lock) return ''
  const rows = Object.values(lock.lines)
    .flat()
    .map(kernel => [
      code(kernel.kernel),
      architectureOfKernel[kernel.arch],
      code(imageTag(release.version, kernel.kernel)),
      kernel.compiler,
    ])
  return rows.length > 0
    ? blocks(
        `Built with the release (kernels of ${lock.resolved}); ask \`lockstep kernels coverage\` for those added since:`,
        table(['Kernel', 'Architecture', 'Image tag', 'Compiler'], rows),
      )
    : ''
}

function otherKernels({release}: Context): string {
  return blocks(
    'Build the module for your kernel, put it into an image, and map it. `extraKernelMappings` is appended to the generated list; KMM takes the first mapping that matches anywhere in the name, so anchor the expression and escape `.` and `+`.',
    fence(
      [
        'FROM registry.fedoraproject.org/fedora:44 AS build',
        'ARG KERNEL',
        'RUN dnf install -y kernel-devel-$KERNEL gcc make kmod',
        'COPY kernel-driver /src',
        'RUN make -C /src KDIR=/usr/src/kernels/$KERNEL \\',
        ' && install -D -m 644 /src/mock-accel.ko /opt/lib/modules/$KERNEL/mock-accel.ko \\',
        ' && depmod -b /opt $KERNEL',
        '',
        '# KMM runs sh, mkdir and cp in this image.',
        'FROM busybox',
        'COPY --from=build /opt /opt',
      ].join('\n'),
      'dockerfile',
    ),
    fence(
      [
        'kernelModule:',
        '  extraKernelMappings:',
        "    - regexp: '^6\\.19\\.[0-9]+-[0-9]+\\.fc45\\.x86_64$'",
        `      containerImage: registry.example.com/mock-accel-module:v${release.version}-\${KERNEL_FULL_VERSION}`,
      ].join('\n'),
      'yaml',
    ),
  )
}
