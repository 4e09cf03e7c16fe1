import {literally} from '#release/lib/regexp.ts'
import type {Matrix} from '../../matrix/schema/index.ts'
import type {ComponentDescriptor} from '../../plan/component.ts'
import type {GeneratedFile} from '../file.ts'
import {objectFile} from './rendered.ts'

const folder = 'docs/examples/admission'
/** Who vouches for GitHub's workflows. */
const issuer = 'https://token.actions.githubusercontent.com'
const provenance = 'https://slsa.dev/provenance/v1'

/**
 * Examples for clusters that let only images in which the release workflow has signed. Kyverno 1.15 and the policy
 * controller 0.13 read sigstore bundles of identities only: a release that was signed with a key is for Flux, cosign
 * and `lockstep release verify`.
 */
export function admissionFiles(
  {product, release}: Matrix,
  components: readonly ComponentDescriptor[],
): GeneratedFile[] {
  if (!release) return []
  const repositories = [...new Set(components.flatMap(imagesOf))].sort().map(i => `${release.registry}/${i}`)
  const workflows = `^${literally(product.repository)}/\\.github/workflows/`
  const onTag = 'release\\.yml@refs/tags/v[0-9]'
  // Images for kernels that came after a release are built where its lock is kept.
  const branches = release.branches.filter(b => b.state !== 'ended').map(b => literally(b.name))
  const later = `nightly-kernels\\.yml@refs/heads/(${branches.join('|')})$`
  const pods = `${workflows}(${branches.length > 0 ? `${onTag}|${later}` : onTag})`
  const name = product.id
  return [
    kyverno(name, repositories, pods),
    policyController(name, repositories, pods),
    flux(name, `${release.registry}/${release.charts}/${name}`, release.version, `${workflows}${onTag}`),
  ].map(object => objectFile(folder, object))
}

/** What pods run; charts and manifests never reach a node. */
function imagesOf({builds}: ComponentDescriptor): string[] {
  return builds.flatMap(build =>
    'image' in build && typeof build.image === 'string' && build.kind !== 'manifests' ? [build.image] : [],
  )
}

/** https://kyverno.io/docs/policy-types/cluster-policy/verify-images/sigstore/ */
function kyverno(name: string, repositories: readonly string[], subject: string) {
  const keyless = {subjectRegExp: subject, issuer, rekor: {url: 'https://rekor.sigstore.dev'}}
  return {
    apiVersion: 'kyverno.io/v1',
    kind: 'ClusterPolicy',
    metadata: {name},
    spec: {
      webhookConfiguration: {failurePolicy: 'Fail', timeoutSeconds: 30},
      background: false,
      rules: [
        {
          name: 'built-by-the-release-workflow',
          match: {any: [{resources: {kinds: ['Pod']}}]},
          verifyImages: [
            {
              type: 'SigstoreBundle',
              imageReferences: repositories.map(r => `${r}*`),
              failureAction: 'Enforce',
              attestations: [
                {
                  type: provenance,
                  attestors: [{entries: [{keyless}]}],
                  conditions: [
                    {
                      all: [
                        {
                          key: '{{ buildDefinition.externalParameters.product }}',
                          operator: 'Equals',
                          value: name,
                        },
                      ],
                    },
                  ],
                },
              ],
            },
          ],
        },
      ],
    },
  }
}

/** https://docs.sigstore.dev/policy-controller/overview/ */
function policyController(name: string, repositories: readonly string[], subject: string) {
  return {
    apiVersion: 'policy.sigstore.dev/v1beta1',
    kind: 'ClusterImagePolicy',
    metadata: {name},
    spec: {
      images: repositories.map(r => ({glob: `${r}**`})),
      authorities: [
        {
          name: 'release-workflow',
          keyless: {url: 'https://fulcio.sigstore.dev', identities: [{issuer, subjectRegExp: subject}]},
          ctlog: {url: 'https://rekor.sigstore.dev'},
          signatureFormat: 'bundle',
          attestations: [{name: 'provenance', predicateType: provenance}],
        },
      ],
    },
  }
}

/** https://fluxcd.io/flux/components/source/ocirepositories/#verification */
function flux(name: string, chart: string, version: string, subject: string) {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'OCIRepository',
    metadata: {name, namespace: name},
    spec: {
      interval: '10m',
      url: `oci://${chart}`,
      ref: {tag: version},
      layerSelector: {
        mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
        operation: 'copy',
      },
      // With a key instead: `secretRef: {name: …}`, a Secret with the public key under `release.pub`.
      verify: {provider: 'cosign', matchOIDCIdentity: [{issuer: `^${literally(issuer)}$`, subject}]},
    },
  }
}
