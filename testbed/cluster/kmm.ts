import {mkdir, readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {openToolbox} from '#release/effects/toolbox/toolbox.ts'
import {tool, toolFiles} from '../tools/tool.ts'
import {type ControlPlane, mustKubectl} from './control-plane.ts'
import {freePorts, problem, type Server, startServer, until} from './processes.ts'

/** KMM's custom resources, as its release defines them. */
export async function installKmmCrds(plane: ControlPlane): Promise<void> {
  await mustKubectl(plane, ['apply', '--server-side', '-f', await toolFiles('kmm')])
  // Not `kubectl wait`: it ends with an error as long as a definition has no conditions at all.
  const path = '{.status.conditions[?(@.type=="Established")].status}'
  const established = async () =>
    (await mustKubectl(plane, ['get', 'crd', 'modules.kmm.sigs.x-k8s.io', '-o', `jsonpath=${path}`])) ===
    'True'
  await until("KMM's custom resources", established, [])
}

/**
 * Runs the KMM operator (1.1.0) as a process beside the control plane, with its validating webhook. It makes
 * one DaemonSet per kernel that fake nodes report: which image each gets is how it judges kernel mappings.
 * It knows no kernel names with a `+` (the raw name becomes a label, which is refused). Stop it before the
 * control plane.
 * @throws DiagnosticError B530, B531, B532 (kubectl refused a set-up step)
 */
export async function startKmm(plane: ControlPlane): Promise<Server> {
  await installKmmCrds(plane)
  await mustKubectl(plane, ['create', 'namespace', 'kmm'])
  const [health = 0, webhook = 0] = await freePorts(2)
  const folder = join(plane.folder, 'kmm')
  const authority = await makeCertificate(join(folder, 'k8s-webhook-server/serving-certs'))
  const config = join(folder, 'config.yaml')
  await writeFile(
    config,
    `healthProbeBindAddress: 127.0.0.1:${health}\nmetricsBindAddress: "0"\nwebhookPort: ${webhook}\nleaderElection: {enabled: false}\n`,
  )
  const server = startServer([await tool('kmm'), '--config', config], join(plane.folder, 'kmm.log'), {
    TMPDIR: folder,
    OPERATOR_NAMESPACE: 'kmm',
    KUBECONFIG: plane.kubeconfig,
  })
  try {
    await until('a ready KMM operator', async () => (await fetch(`http://127.0.0.1:${health}/readyz`)).ok, [
      server,
    ])
    await mustKubectl(plane, ['apply', '-f', '-'], JSON.stringify(webhookConfiguration(webhook, authority)))
  } catch (error) {
    await server.stop()
    throw error
  }
  return server
}

/** A self-signed certificate for 127.0.0.1 where controller-runtime looks for it; answers it, base64. */
async function makeCertificate(folder: string): Promise<string> {
  await mkdir(folder, {recursive: true})
  const toolbox = await openToolbox()
  const made = await toolbox.run(
    [
      ...[
        'openssl',
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-days',
        '2',
      ],
      ...['-subj', '/CN=kmm-webhook', '-addext', 'subjectAltName=IP:127.0.0.1'],
      ...['-keyout', '/build/out/tls.key', '-out', '/build/out/tls.crt'],
    ],
    {binds: [{from: folder, to: '/build/out'}]},
  )
  if (made.code !== 0) throw problem('B532', `openssl: ${made.stderr.toString().trim()}`)
  return (await readFile(join(folder, 'tls.crt'))).toString('base64')
}

const webhookConfiguration = (port: number, caBundle: string) => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingWebhookConfiguration',
  metadata: {name: 'kmm'},
  webhooks: [
    {
      name: 'vmodule.kb.io',
      admissionReviewVersions: ['v1'],
      sideEffects: 'None',
      failurePolicy: 'Fail',
      clientConfig: {url: `https://127.0.0.1:${port}/validate-kmm-sigs-x-k8s-io-v1beta1-module`, caBundle},
      rules: [
        {
          apiGroups: ['kmm.sigs.x-k8s.io'],
          apiVersions: ['v1beta1'],
          operations: ['CREATE', 'UPDATE'],
          resources: ['modules'],
        },
      ],
    },
  ],
})
