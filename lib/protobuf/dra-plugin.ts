/**
 * kubelet's DRA plugin API, v1 and v1beta1: which devices a claim has, made ready and given back.
 * https://github.com/kubernetes/kubelet/tree/master/pkg/apis/dra
 */
import {mapOf, message, one, optional, repeated, string, type ValueOf} from './codec.ts'
import {method} from './service.ts'

/** What kubelet says about a claim. Field 2 is the UID, 3 the name. */
export const claim = message({namespace: one(1, string), uid: one(2, string), name: one(3, string)})

/** A prepared device. `shareId` is v1's only: v1beta1 has no such field, and readers pass over it. */
export const preparedDevice = message({
  requestNames: repeated(1, string),
  poolName: one(2, string),
  deviceName: one(3, string),
  cdiDeviceIds: repeated(4, string),
  shareId: optional(5, string),
})
const preparedDeviceV1beta1 = message({
  requestNames: repeated(1, string),
  poolName: one(2, string),
  deviceName: one(3, string),
  cdiDeviceIds: repeated(4, string),
})

/** A claim's answer: its devices, or why there are none. */
export const preparedClaim = message({devices: repeated(1, preparedDevice), error: one(2, string)})
const preparedClaimV1beta1 = message({devices: repeated(1, preparedDeviceV1beta1), error: one(2, string)})
export const unpreparedClaim = message({error: one(1, string)})

export const prepareRequest = message({claims: repeated(1, claim)})
/** Keys are the claims' UIDs: each of the request's, and no other. */
export const prepareResponse = message({claims: mapOf(1, preparedClaim)})
const prepareResponseV1beta1 = message({claims: mapOf(1, preparedClaimV1beta1)})
export const unprepareRequest = message({claims: repeated(1, claim)})
export const unprepareResponse = message({claims: mapOf(1, unpreparedClaim)})

export type Claim = ValueOf<typeof claim>
export type PreparedDevice = ValueOf<typeof preparedDevice>
export type PreparedClaim = ValueOf<typeof preparedClaim>
export type UnpreparedClaim = ValueOf<typeof unpreparedClaim>
export type PrepareRequest = ValueOf<typeof prepareRequest>
export type PrepareResponse = ValueOf<typeof prepareResponse>
export type UnprepareRequest = ValueOf<typeof unprepareRequest>
export type UnprepareResponse = ValueOf<typeof unprepareResponse>

const v1 = '/k8s.io.kubelet.pkg.apis.dra.v1.DRAPlugin'
const v1beta1 = '/k8s.io.kubelet.pkg.apis.dra.v1beta1.DRAPlugin'

export const draPluginV1 = {
  NodePrepareResources: method(`${v1}/NodePrepareResources`, prepareRequest, prepareResponse),
  NodeUnprepareResources: method(`${v1}/NodeUnprepareResources`, unprepareRequest, unprepareResponse),
}

export const draPluginV1beta1 = {
  NodePrepareResources: {
    ...draPluginV1.NodePrepareResources,
    path: `${v1beta1}/NodePrepareResources`,
    responseSerialize: (value: PrepareResponse) => prepareResponseV1beta1.encode(value),
    responseDeserialize: (bytes: Buffer): PrepareResponse => {
      const {claims} = prepareResponseV1beta1.decode(bytes)
      const withShare = ({devices, error}: ValueOf<typeof preparedClaimV1beta1>) => ({
        error,
        devices: devices.map(one => ({...one, shareId: undefined})),
      })
      return {claims: new Map([...claims].map(([uid, answer]) => [uid, withShare(answer)]))}
    },
  },
  NodeUnprepareResources: {
    ...draPluginV1.NodeUnprepareResources,
    path: `${v1beta1}/NodeUnprepareResources`,
  },
}

/** What a plugin advertises in `supportedVersions` (not the names on the wire); kubelet takes the first it knows. */
export const advertised = {
  v1: 'v1.DRAPlugin',
  v1beta1: 'v1beta1.DRAPlugin',
  healthV1: 'v1.DRAResourceHealth',
  healthV1alpha1: 'v1alpha1.DRAResourceHealth',
} as const
