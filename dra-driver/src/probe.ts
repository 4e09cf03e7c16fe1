/** Whether the driver answers where kubelet would ask: through the real sockets. */
import {Client, credentials} from '@grpc/grpc-js'
import {draPluginV1} from '#lib/protobuf/dra-plugin.ts'
import {registration} from '#lib/protobuf/registration.ts'
import type {Method} from '#lib/protobuf/service.ts'
import type {PluginPaths} from './plugin/paths.ts'

/** @throws the connection's or the call's error */
export async function probe(paths: PluginPaths, timeoutMs = 5_000): Promise<void> {
  await call(paths.registration, registration.GetInfo, {}, timeoutMs)
  await call(paths.endpoint, draPluginV1.NodePrepareResources, {claims: []}, timeoutMs)
}

async function call<Request, Response>(
  socket: string,
  method: Method<Request, Response>,
  request: Request,
  timeoutMs: number,
): Promise<Response> {
  const client = new Client(`unix:${socket}`, credentials.createInsecure())
  const {promise, resolve, reject} = Promise.withResolvers<Response>()
  client.makeUnaryRequest(
    method.path,
    method.requestSerialize,
    method.responseDeserialize,
    request,
    {deadline: Date.now() + timeoutMs},
    (error, response) => (error || response === undefined ? reject(error) : resolve(response)),
  )
  try {
    return await promise
  } finally {
    client.close()
  }
}
