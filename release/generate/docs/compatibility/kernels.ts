import {imageTag, imageTagTemplate} from '#release/kernels/kmm.ts'
import type {Kernels} from '#release/matrix/schema/kernels.ts'
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
    section(3, 'Kernel module images', images(context, kernels), exactKernels(context)),
    section(3, 'Other kernels', otherKernels(context)),
  )
}

function provenText({claimed, proven}: Kernels): string {
  return claimed === proven
    ? `${proven} is the oldest that the module is written for, and built on.`
    : `The module is written for ${claimed} and later; ${proven} is the oldest it is built on.`
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

function images(context: Context, {lines}: Kernels): string {
  const {release, components} = context
  const builds = components.flatMap(c => c.builds)
  const image = builds.find(build => build.kind === 'kernel-module')?.image
  if (image === undefined) return ''
  const ended = lines.filter(line => line.state === 'eol' && line.lastImage)
  const example = context.lock ? Object.values(context.lock.lines).flat()[0]?.kernel : undefined
  return blocks(
    'Every kernel has an image of its own; the chart leaves its name to KMM:',
    fence(`${release.registry}/${image}:${imageTagTemplate(release.version)}`, 'text'),
    `KMM writes \`_\` for every character that a tag cannot hold${example ? `: \`${example}\` has the tag \`${imageTag(release.version, example)}\`` : ''}. What is built in the cluster lies in the repository that \`kernelModule.build.repository\` names.`,
    table(
      ['Line without new images', 'Its last image'],
      ended.map(line => [line.title, code(`${release.registry}/${line.lastImage}`)]),
    ),
  )
}

/** The kernels of the lock: what the release was built for on its day. */
export function exactKernels({lock, release, matrix}: Pick<Context, 'lock' | 'release' | 'matrix'>): string {
  if (!lock) return ''
  const rows = (matrix.kernels?.lines ?? []).flatMap(line =>
    (lock.lines[line.id] ?? []).map(kernel => [
      line.title,
      code(kernel.kernel),
      architectureOfKernel[kernel.arch],
      code(imageTag(release.version, kernel.kernel)),
      kernel.compiler,
    ]),
  )
  if (rows.length === 0) return ''
  return blocks(
    `Built with the release (kernels of ${lock.resolved}); ask \`lockstep kernels coverage\` for those added since:`,
    table(['Line', 'Kernel', 'Architecture', 'Image tag', 'Compiler'], rows),
  )
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
