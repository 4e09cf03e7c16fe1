/**
 * The chart's ValidatingAdmissionPolicies without what an installation decides (names, the driver's account), as
 * they lie in its files/policies/.
 * https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */
import {toYaml} from '#lib/yaml-out.ts'
import {markedText} from '../mark.ts'
import type {DriverData} from './driver-data.ts'

export const policyNames = ['own-slices', 'claim-config'] as const
export type PolicyName = (typeof policyNames)[number]

type Validation = {expression: string; message?: string; messageExpression?: string}
/** `spec` of a ValidatingAdmissionPolicy. */
export type PolicySpec = {
  failurePolicy: 'Fail'
  matchConstraints: object
  variables: {name: string; expression: string}[]
  validations: Validation[]
}

export function policies(driver: DriverData): Record<PolicyName, PolicySpec> {
  return {'own-slices': ownSlices(driver), 'claim-config': claimConfig(driver)}
}

/** A policy as a file of the chart. */
export function policyText(spec: PolicySpec): string {
  return markedText(toYaml(spec))
}

const group = 'resource.k8s.io'
const rule = (operations: string[], resources: string[]) => ({
  apiGroups: [group],
  apiVersions: ['*'],
  operations,
  resources,
  scope: '*',
})
/** With all that the API server would add, which GitOps engines would take for a change. */
const matching = (...resourceRules: object[]) => ({
  matchPolicy: 'Equivalent',
  namespaceSelector: {},
  objectSelector: {},
  resourceRules,
})

/** RBAC cannot tell one node's slices from another's; a token that is bound to a pod names the pod's node. */
function ownSlices({name}: DriverData): PolicySpec {
  return {
    failurePolicy: 'Fail',
    matchConstraints: matching(rule(['CREATE', 'UPDATE', 'DELETE'], ['resourceslices'])),
    variables: [
      {
        name: 'node',
        expression: "request.userInfo.?extra[?'authentication.kubernetes.io/node-name'][?0].orValue('')",
      },
      {name: 'slices', expression: '[object, oldObject].filter(one, one != null)'},
    ],
    validations: [
      {
        expression: "variables.node != ''",
        message: 'the token is not bound to a pod on a node, so it may write no ResourceSlice',
      },
      {
        expression: "variables.slices.all(one, one.spec.?nodeName.orValue('') == variables.node)",
        messageExpression:
          "'the driver on node ' + variables.node + ' may write only this node’s ResourceSlices'",
      },
      {
        expression: `variables.slices.all(one, one.spec.driver == '${name}')`,
        message: `only ResourceSlices of ${name} may be written`,
      },
    ],
  }
}

/** The DRA driver checks the same when it prepares a claim; here the user hears of it at once. */
function claimConfig({name, words}: DriverData): PolicySpec {
  const [apiVersion, kind] = [`${name}/v1alpha1`, 'DeviceConfig']
  const each = (expression: string) => `variables.parameters.all(one, ${expression})`
  const known = ['apiVersion', 'kind', 'passphraseLength', 'resetOnRelease'].map(key => `'${key}'`)
  return {
    failurePolicy: 'Fail',
    matchConstraints: matching(
      // Nothing of a claim's or a template's spec can be changed later.
      rule(['CREATE'], ['resourceclaims', 'resourceclaimtemplates']),
      rule(['CREATE', 'UPDATE'], ['deviceclasses']),
    ),
    variables: [
      {
        name: 'configs',
        expression: [
          "(request.kind.kind == 'DeviceClass' ? dyn(object).spec.?config :",
          "request.kind.kind == 'ResourceClaimTemplate' ? dyn(object).spec.spec.?devices.?config :",
          'dyn(object).spec.?devices.?config).orValue([])',
        ].join(' '),
      },
      {
        name: 'parameters',
        expression: `variables.configs.filter(one, one.?opaque.?driver.orValue('') == '${name}').map(one, one.opaque.parameters)`,
      },
      {
        name: 'unknown',
        expression: `variables.parameters.map(one, one.filter(key, !(key in [${known.join(', ')}])).map(key, string(key)).join(', ')).filter(keys, keys != '')`,
      },
    ],
    validations: [
      {
        expression: each(
          `one.?apiVersion.orValue('') == '${apiVersion}' && one.?kind.orValue('') == '${kind}'`,
        ),
        message: `parameters for ${name} need apiVersion ${apiVersion} and kind ${kind}`,
      },
      {
        expression: 'variables.unknown.size() == 0',
        messageExpression: `'${kind} has no field ' + variables.unknown.join(', ') + '; it has passphraseLength and resetOnRelease'`,
      },
      {
        expression: each(
          `!has(one.passphraseLength) || (type(one.passphraseLength) == int && one.passphraseLength >= ${words.min} && one.passphraseLength <= ${words.max})`,
        ),
        message: `passphraseLength of ${kind} must be a whole number from ${words.min} to ${words.max}`,
      },
      {
        expression: each('!has(one.resetOnRelease) || type(one.resetOnRelease) == bool'),
        message: `resetOnRelease of ${kind} must be true or false`,
      },
    ],
  }
}
