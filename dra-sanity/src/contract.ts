/**
 * What kubelet and DRA drivers promise each other, line by line, each with its source. A `must` that is broken
 * fails a scenario; a `should` is what the sources ask drivers to do without kubelet depending on it.
 */
export type Clause = {level: 'must' | 'should'; says: string; source: string}

const kubernetes = 'https://github.com/kubernetes/kubernetes/blob/v1.36.4'
const watcher = `${kubernetes}/pkg/kubelet/pluginmanager/pluginwatcher/plugin_watcher.go`
const operations = `${kubernetes}/pkg/kubelet/pluginmanager/operationexecutor/operation_generator.go`
const manager = `${kubernetes}/pkg/kubelet/cm/dra/manager.go`
const plugins = `${kubernetes}/pkg/kubelet/cm/dra/plugin/dra_plugin_manager.go`
const caller = `${kubernetes}/pkg/kubelet/cm/dra/plugin/dra_plugin.go`
const healthInfo = `${kubernetes}/pkg/kubelet/cm/dra/healthinfo.go`
const helper = `${kubernetes}/staging/src/k8s.io/dynamic-resource-allocation/kubeletplugin/draplugin.go`
const api = 'https://github.com/kubernetes/kubelet/blob/v0.36.4/pkg/apis'
const resource = 'https://github.com/kubernetes/api/blob/v0.36.4/resource/v1/types.go'
const cdi = 'https://github.com/cncf-tags/container-device-interface/blob/v1.1.0/SPEC.md'

const must = (says: string, source: string): Clause => ({level: 'must', says, source})
const should = (says: string, source: string): Clause => ({level: 'should', says, source})

export const contract = {
  'registry.socket': must(
    'a driver makes itself known by a socket in the registry folder whose name does not begin with a dot',
    `${watcher}#L165-L190`,
  ),
  'registry.only': must(
    'every socket under the registry folder is taken for a registration socket, so the DRA socket lies elsewhere',
    `${watcher}#L143-L151`,
  ),
  'info.in-time': must('GetInfo is answered within one second', `${operations}#L95-L101`),
  'info.type': must('GetInfo names the type DRAPlugin', `${operations}#L103-L109`),
  'info.name': must('GetInfo names the driver', `${operations}#L114`),
  'info.endpoint': must(
    'GetInfo names the socket that serves the DRA API, by a path that kubelet can dial',
    `${plugins}#L371`,
  ),
  'info.versions': must(
    'GetInfo lists at least one DRA API that kubelet knows: v1.DRAPlugin or v1beta1.DRAPlugin',
    `${plugins}#L542-L563`,
  ),
  'info.newest-first': should(
    'kubelet takes the first version it knows, so the newest stands first',
    `${plugins}#L547-L554`,
  ),
  'info.repeated': must(
    'a kubelet that comes back asks GetInfo again on the socket that is there, at any time of its life',
    `${watcher}#L143-L151`,
  ),
  'notify.answered': must(
    'NotifyRegistrationStatus(registered) is answered without an error within five seconds',
    `${operations}#L132-L142`,
  ),
  'notify.refused': must(
    'a refused registration does not end the plugin: kubelet tries again on the same socket',
    `${operations}#L114-L119`,
  ),
  'serve.advertised': must('every API that GetInfo lists is served at the endpoint', `${plugins}#L319-L336`),
  'serve.ready': must('the DRA service answers once GetInfo has named it', `${plugins}#L412-L416`),
  'serve.unknown': must(
    'a service that the plugin does not have is answered with UNIMPLEMENTED, and the connection stays',
    `${plugins}#L395-L407`,
  ),
  'serve.unknown-fields': must(
    'fields that the driver does not know are passed over',
    'https://protobuf.dev/programming-guides/proto3/#unknowns',
  ),
  'info.beside-calls': must(
    'GetInfo is answered in time while claims are being prepared: newer kubelets ask every ten seconds',
    `${operations}#L95-L101`,
  ),
  'serve.authority': must(
    'the :authority of a request over a Unix socket is no reason to refuse it: older kubelets send the escaped path',
    'https://github.com/kubernetes/kubernetes/pull/112597',
  ),
  'prepare.every-claim': must(
    'every claim of the request has an entry in the answer',
    `${manager}#L443-L446`,
  ),
  'prepare.no-other': must('the answer has entries for claims of the request only', `${manager}#L406-L409`),
  'prepare.succeeds': must('a claim that is allocated and reserved gets prepared', `${manager}#L400-L412`),
  'prepare.in-time': must('NodePrepareResources is answered within 45 seconds', `${caller}#L38-L42`),
  'prepare.named': must('a prepared device names its pool and itself', `${api}/dra/v1/api.proto#L69-L73`),
  'prepare.own': must(
    'the devices are those that the allocation gives to this driver, no more and no fewer',
    `${manager}#L414-L433`,
  ),
  'prepare.requests': must(
    'request names of a device are names of requests in the claim',
    `${manager}#L916-L921`,
  ),
  'prepare.cdi-id': must('CDI device IDs have the form vendor/class=name', `${helper}#L199-L202`),
  'prepare.cdi-unique': must(
    'a CDI device ID belongs to one claim only: runtimes may cache what they have read',
    `${helper}#L90-L95`,
  ),
  'prepare.cdi-there': must(
    'when NodePrepareResources has answered, a CDI file defines every device ID',
    `${helper}#L90-L95`,
  ),
  'prepare.cdi-sound': must(
    'CDI files have a version, a kind and devices with edits',
    `${cdi}#cdi-json-specification`,
  ),
  'prepare.idempotent': must(
    'NodePrepareResources may be called again for a prepared claim, with the same result',
    `${helper}#L74-L75`,
  ),
  'prepare.v1beta1': must('v1 and v1beta1 act on the same state', `${helper}#L790-L800`),
  'prepare.uid': must(
    'a claim whose UID in the API server is another one is not prepared',
    `${helper}#L1110-L1112`,
  ),
  'prepare.gone': must('a claim that does not exist is not prepared', `${helper}#L1103-L1106`),
  'prepare.unallocated': must('a claim without allocation is not prepared', `${helper}#L1107-L1109`),
  'prepare.exclusive': should(
    'a device that is prepared for one claim is refused to another: the driver is the last line of defence',
    `${helper}#L77-L82`,
  ),
  'prepare.concurrent': must('calls may overlap', `${manager}#L395-L400`),
  'prepare.abandoned': must('a call that kubelet gave up is called again, and succeeds', `${caller}#L38-L42`),
  'unprepare.every-claim': must(
    'every claim of the request has an entry in the answer, even if it is empty',
    `${api}/dra/v1/api.proto#L90-L94`,
  ),
  'unprepare.no-other': must('the answer has entries for claims of the request only', `${manager}#L685-L689`),
  'unprepare.succeeds': must('a prepared claim gets unprepared', `${manager}#L690-L692`),
  'unprepare.unknown': must(
    'it is not an error to unprepare a claim that is not prepared',
    `${helper}#L112-L115`,
  ),
  'unprepare.deleted': must(
    'a claim can be unprepared although its object is gone: namespace, name and UID are all there is',
    `${helper}#L100-L105`,
  ),
  'unprepare.undone': must('unpreparing undoes all that preparing did', `${helper}#L98`),
  'unprepare.last-word': must(
    'when an unprepare was answered, a prepare that kubelet gave up before does nothing any more',
    'https://github.com/kubernetes/kubernetes/issues/141471',
  ),
  'restart.other-process': must(
    'a claim that one process prepared is unprepared by the next one',
    `${helper}#L107-L111`,
  ),
  'restart.registers': must(
    'a plugin that has started again makes its socket anew and registers',
    `${watcher}#L165-L190`,
  ),
  'restart.dead-socket': should(
    "a dead process's registration socket is removed or taken over: kubelet dials it for ten seconds, and again at ever longer intervals",
    `${operations}#L89-L93`,
  ),
  'restart.any-moment': must(
    'a plugin that was killed at any moment goes on where it was when kubelet calls again',
    `${helper}#L74-L75`,
  ),
  'reboot.cdi': must(
    'after a reboot the CDI folder is empty and kubelet calls NodePrepareResources again: the files are written again',
    'https://github.com/kubernetes/kubernetes/issues/141433',
  ),
  'rolling.own-sockets': must(
    'instances of a rolling update have sockets of their own',
    `${plugins}#L358-L361`,
  ),
  'rolling.shared-state': must(
    'kubelet may call either instance: one may unprepare what the other prepared',
    `${helper}#L366-L374`,
  ),
  'rolling.clean-end': must(
    'an instance that is ended removes its own sockets: nobody else does',
    `${helper}#L380-L383`,
  ),
  'health.first': must(
    'a stream that GetInfo lists tells the health of devices',
    `${api}/dra-health/v1alpha1/api.proto#L20-L24`,
  ),
  'health.complete': should(
    'every message lists all devices of the driver: what is left out becomes Unknown',
    `${api}/dra-health/v1alpha1/api.proto#L71-L76`,
  ),
  'health.list': must(
    'every message names each device once, by pool and name',
    `${api}/dra-health/v1alpha1/api.proto#L40-L47`,
  ),
  'health.values': must(
    'health is UNKNOWN, HEALTHY or UNHEALTHY, the time is in seconds, the message has at most 1024 characters',
    `${api}/dra-health/v1alpha1/api.proto#L49-L69`,
  ),
  'health.again': must(
    'a state is sent again within its time-out (30 s unless it says another), or kubelet shows Unknown',
    `${healthInfo}#L196-L207`,
  ),
  'health.reopened': must('kubelet opens the stream again when it has ended', `${plugins}#L395-L407`),
  'health.apart': must('an open stream does not hold up other calls', `${plugins}#L385-L407`),
  'health.fault': must(
    'a device that breaks is reported as UNHEALTHY, and as HEALTHY when it is well again',
    `${manager}#L1018-L1030`,
  ),
  'slices.complete': must(
    'all slices of a pool have one generation, and as many exist as resourceSliceCount says',
    `${resource}#L258-L281`,
  ),
  'slices.unique': must('device names are unique in their pool', `${resource}#L79`),
  'slices.wiped': must(
    "kubelet deletes a node's slices when it starts: the driver publishes them again",
    `${plugins}#L171-L180`,
  ),
  'slices.taint': should(
    'a device that is broken is kept from new pods by a taint',
    'https://github.com/kubernetes/enhancements/tree/master/keps/sig-scheduling/5055-dra-device-taints-and-tolerations',
  ),
} as const satisfies Record<string, Clause>

export type ClauseId = keyof typeof contract
