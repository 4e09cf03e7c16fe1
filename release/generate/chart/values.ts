// biome-ignore-all lint/suspicious/noTemplateCurlyInString: KMM's own variables are written so

import {classDefinitions, deviceClasses} from './class-values.ts'
import type {ChartData} from './data.ts'
import {draDriver} from './driver-values.ts'
import {
  anyObject,
  dnsLabel,
  objects,
  optionalDnsName,
  optionalRepository,
  pullPolicy,
  repository,
  strings,
} from './schemas.ts'
import {earlier, type Group, group, type JsonSchema, leaf} from './spec.ts'

const tls: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {insecure: {type: 'boolean'}, insecureSkipTLSVerify: {type: 'boolean'}},
}

/** One entry of the three lists of mappings. */
const mapping: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    literal: {
      description: 'A whole kernel name, as uname -r says it.',
      type: 'string',
      pattern: '^[!-~]+$',
    },
    regexp: {
      description: 'A Go regular expression; anchor it with ^ and $, and escape dots and plus signs.',
      type: 'string',
      minLength: 1,
    },
    tag: {
      description: 'Tag of the image in kernelModule.image.repository; may hold ${KERNEL_FULL_VERSION}.',
      type: 'string',
      pattern: '^[A-Za-z0-9_$][A-Za-z0-9_.${}-]{0,127}$',
    },
    digest: {
      description: 'Digest of the image in kernelModule.image.repository.',
      type: 'string',
      pattern: '^sha256:[0-9a-f]{64}$',
    },
    containerImage: {
      description: 'A whole image with tag or digest.',
      type: 'string',
      pattern: '^[^\\s@]+(:[^\\s/]+|@sha256:[0-9a-f]{64})$',
    },
    dockerfile: {
      description: 'KMM builds the image in the cluster with this one of the chart’s Dockerfiles.',
      type: 'string',
    },
    build: {description: 'A KMM build block of your own.', type: 'object', required: ['dockerfileConfigMap']},
    sign: {
      description: 'A KMM sign block of your own.',
      type: 'object',
      required: ['keySecret', 'certSecret'],
    },
    registryTLS: tls,
    inTreeModulesToRemove: {type: 'array', items: {type: 'string'}},
  },
  allOf: [
    {oneOf: [{required: ['literal']}, {required: ['regexp']}]},
    {oneOf: [{required: ['tag']}, {required: ['digest']}, {required: ['containerImage']}]},
    {not: {required: ['dockerfile', 'build']}},
  ],
}
const mappings: JsonSchema = {type: 'array', items: {$ref: '#/definitions/mapping'}}

export const definitions = {mapping, ...classDefinitions}

/** The chart's values: what an operator may decide. */
export function chartValues(data: ChartData): Group {
  return group('Values of the mock-device chart.', {
    nameOverride: leaf('Replaces the chart’s name in names and labels.', ''),
    fullnameOverride: leaf('Replaces the whole prefix of object names.', ''),
    commonLabels: leaf('Labels for every object.', {}, strings),
    commonAnnotations: leaf('Annotations for every object.', {}, strings),
    global: group('Values that a parent chart shares with all of its charts.', {
      imageRegistry: leaf(
        'Host, and perhaps prefix, that replaces the host of every repository named here: `registry.example.com/mirror`.',
        '',
      ),
      imagePullSecrets: leaf(
        'Secrets with which kubelet pulls images, `{name}`, for all of its charts.',
        [],
        objects,
      ),
    }),
    namespace: group('Where the objects lie.', {
      name: leaf('Namespace of the objects; empty takes the release’s.', '', optionalDnsName),
      create: leaf(
        'Make the namespace part of the release, with the label that lets KMM’s privileged worker pods in. With `helm install` set `namespace.name` too: Helm needs its own namespace before it renders.',
        false,
      ),
      labels: leaf('More labels for that namespace.', {}, strings),
      annotations: leaf('More annotations for that namespace.', {}, strings),
    }),
    rbac: group('Access rights of the DRA driver.', {
      create: leaf('Install its ClusterRole and the binding.', true),
    }),
    serviceAccount: group('Account of the DRA driver.', {
      create: leaf('Install it.', true),
      name: leaf(
        'Its name; empty takes the driver’s DaemonSet’s, or `default` when it is not installed.',
        '',
        optionalDnsName,
      ),
      annotations: leaf('Its annotations.', {}, strings),
    }),
    draDriver: draDriver(data),
    deviceClasses: deviceClasses(data),
    kernelModule: kernelModule(data),
  })
}

function kernelModule(data: ChartData): Group {
  return group('The kernel module, brought to the nodes by the Kernel Module Management operator (KMM).', {
    enabled: leaf('Install the KMM Module. Needs KMM and cert-manager in the cluster.', false),
    name: leaf(
      'Name of the Module object. It and the namespace’s name may have 39 characters together.',
      data.module.object,
      {type: 'string', pattern: `^${dnsLabel}$`, maxLength: 39},
    ),
    moduleName: earlier('`kernelModule.name`.', {type: 'string', pattern: `^${dnsLabel}$`, maxLength: 39}),
    nodeSelector: earlier('`kernelModule.selector`.', strings),
    ...image(data),
    ...mappingValues(data),
    ...nodes(data),
    ...inCluster(data),
    preflight: group('Asks KMM whether kernels that are not in use yet would get a module.', {
      enabled: leaf('Install a PreflightValidation for each of the kernels below.', false),
      kernels: leaf('Whole kernel names.', [...data.planned]),
      pushBuiltImage: leaf('Push what KMM builds for the answer.', false),
    }),
  })
}

function image(data: ChartData): Group['entries'] {
  return {
    image: group('Where the module images come from.', {
      repository: leaf(
        'Repository of the images of all mappings that name a tag or a digest. A private registry’s copy goes here.',
        data.module.repository,
        repository,
      ),
      tag: leaf(
        'Deprecated, leave it empty: tags follow from the chart’s version and the node’s kernel. A tag that holds `${KERNEL_FULL_VERSION}` replaces that of every mapping; one without it is refused.',
        '',
      ),
      pullPolicy: leaf('Pull policy of the worker pods.', 'IfNotPresent', pullPolicy),
    }),
    imageRepoSecret: leaf(
      'Name of a Docker config Secret in the namespace, with which KMM pulls and, when it builds or signs, pushes.',
      '',
      optionalDnsName,
    ),
    registryTLS: group('How KMM reaches the registry.', {
      insecure: leaf('Allow plain HTTP.', false),
      insecureSkipTLSVerify: leaf('Accept any certificate.', false),
    }),
  }
}

function mappingValues(data: ChartData): Group['entries'] {
  return {
    kernelMappingOverrides: leaf('Mappings that KMM tries before all others.', [], mappings),
    kernelMappings: leaf(
      'Generated: which kernel gets which image, tried in this order. A list given here replaces it as a whole; to add a kernel use `extraKernelMappings`, to change one use `kernelMappingOverrides`.',
      data.mappings,
      mappings,
    ),
    extraKernelMappings: leaf(
      'Mappings that are tried last. One that an earlier mapping hides fails the rendering.',
      [],
      mappings,
    ),
  }
}

function nodes(data: ChartData): Group['entries'] {
  return {
    selector: leaf('Labels of the nodes that get the module.', {'kubernetes.io/os': 'linux'}, strings),
    tolerations: leaf('Tolerations of KMM’s pods.', [], objects),
    orderedUpgrade: group('Upgrades at the operator’s pace, node by node.', {
      enabled: leaf(
        'Write the release’s version into the Module. Each node then loads the module, and a new version of it, only when its label `kmm.node.kubernetes.io/version-module.<namespace>.<name>` says that version. KMM cannot switch this on or off in place: delete the Module first.',
        false,
      ),
    }),
    modprobe: group('How the module is loaded.', {
      moduleName: leaf('Module name.', data.module.modprobe),
      dirName: leaf('Folder of the image below which lib/modules lies.', '/opt'),
      parameters: leaf('Module parameters, `name=value`.', []),
      args: leaf('Arguments of modprobe: `load` and `unload`, lists.', {}, anyObject),
    }),
    firmware: group('The module’s word list.', {
      enabled: leaf(
        'Let KMM copy it to the node’s firmware path. KMM up to 2.6 can do that on CRI-O only; the module works without.',
        false,
      ),
      path: leaf('Where it lies in the image.', '/firmware'),
    }),
    dra: group('The DRA driver as a part of the Module.', {
      enabled: leaf(
        'Let KMM, not the chart, run the DRA driver and own the DeviceClasses (`spec.dra`). No release up to 2.6 has it: there the API server drops the field without a word, and no driver runs.',
        false,
      ),
    }),
    inTreeModulesToRemove: leaf('Modules to unload first.', []),
  }
}

function inCluster(data: ChartData): Group['entries'] {
  return {
    build: group('Kernels whose images KMM builds in the cluster.', {
      enabled: leaf('Map these kernels too; without it they get no module.', false),
      repository: leaf('Repository to which KMM pushes what it builds.', '', optionalRepository),
      buildArgs: leaf('Build arguments, `{name, value}`.', [], objects),
      secrets: leaf('Secrets for the build, `{name}`.', [], objects),
      selector: leaf('Labels of the nodes that build.', {}, strings),
      baseImageRegistryTLS: leaf('How the base image’s registry is reached.', {}, tls),
      kanikoParams: leaf('KMM’s kanikoParams.', {}, anyObject),
    }),
    sign: group('Let KMM sign the modules for Secure Boot.', {
      enabled: leaf('Sign every module that has no sign block of its own.', false),
      repository: leaf('Repository to which KMM pushes signed images.', '', optionalRepository),
      keySecret: leaf('Secret with the private key, in `key`.', data.signing.keySecret, optionalDnsName),
      certSecret: leaf('Secret with the certificate, in `cert`.', data.signing.certSecret, optionalDnsName),
      filesToSign: leaf(
        'Files in the image. The pattern finds them below every spelling of a kernel’s name.',
        [`/opt/lib/modules/*/${data.module.file}`],
      ),
    }),
  }
}
