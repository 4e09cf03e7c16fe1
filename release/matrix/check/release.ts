import type {Diagnostic} from '#lib/diagnostics.ts'
import {compareVersions, parseVersion} from '#release/lib/versions.ts'
import {type Context, listedVersions, problem} from './context.ts'

/**
 * The release: M150 its version is not listed, M151 its date differs, M152 a lockstep part with versions of its own,
 * M153 a channel that does not fit the version, M154 another matrix used by a tag.
 */
export function* release(context: Context): Generator<Diagnostic> {
  yield* releaseVersion(context)
  yield* movingUses(context)
  for (const [id, {lockstep, versions}] of Object.entries(context.matrix.components))
    if (lockstep && versions.length > 0)
      yield problem(context, ['components', id, 'versions'], {
        code: 'M152',
        message: `\`${id}\` moves in lockstep, so it has no versions of its own`,
        hint: `remove them, or remove \`lockstep\`; the release's versions stand at \`${context.matrix.product.component}\``,
        at: 'key',
      })
}

/** A site may follow a tag; what is released has to mean the same tomorrow. */
function* movingUses(context: Context): Generator<Diagnostic> {
  if (!context.matrix.release) return
  for (const [index, {matrix}] of context.matrix.uses.entries())
    if (matrix.startsWith('oci://') && !/@sha256:[0-9a-f]{64}$/.test(matrix))
      yield problem(context, ['uses', index, 'matrix'], {
        code: 'M154',
        message: `${matrix} is a tag, which may stand for something else tomorrow`,
        expected: 'oci://…@sha256:…, since this matrix describes a release',
        hint: `\`lockstep matrix lint --matrix ${matrix}\` tells its digest`,
      })
}

function* releaseVersion(context: Context): Generator<Diagnostic> {
  const {product, components, release} = context.matrix
  const own = components[product.component]
  if (!release || !own) return
  const parsed = parseVersion(release.version, own.scheme)
  const path = ['release', 'version'] as const
  const listed = listedVersions(context, product.component)
  const found = parsed && listed.find(({version}) => compareVersions(version, parsed) === 0)
  if (!found) {
    yield problem(context, path, {
      code: 'M150',
      message: `the release is ${release.version}, which \`${product.component}\` does not list`,
      hint: `add it under components.${product.component}.versions, or mend the one that is mistyped`,
      related: [
        {
          message: 'its versions',
          place: context.source.locateKey(['components', product.component, 'versions']),
        },
      ],
    })
    return
  }
  const entry = own.versions[found.index]
  if (entry?.released !== undefined && entry.released !== release.date)
    yield problem(context, ['release', 'date'], {
      code: 'M151',
      message: `the release is dated ${release.date}, but ${entry.version} is listed as released on ${entry.released}`,
      related: [
        {
          message: 'listed here',
          place: context.source.locate([
            'components',
            product.component,
            'versions',
            found.index,
            'released',
          ]),
        },
      ],
    })
  if (release.channel === 'stable' && found.version.prerelease.length > 0)
    yield problem(context, ['release', 'channel'], {
      code: 'M153',
      message: `${release.version} is a prerelease and cannot be in the channel stable`,
      expected: 'the channel rc or nightly, or a version without a prerelease',
    })
}
