/** The driver's own health by gRPC, for whoever starts it with such a probe: KMM does. */
import {Server, ServerCredentials, type sendUnaryData} from '@grpc/grpc-js'
import {fail} from '#lib/diagnostics.ts'
import {grpcHealth, servingStatus} from '#lib/protobuf/grpc-health.ts'

export type HealthCheck = {port: number; stop(): void}

/**
 * Answers for every service's name: KMM asks for `liveness`.
 * @throws DiagnosticError exit 3: N022 the port can't be had
 */
export async function startHealthCheck(port: number, healthy: () => Promise<void>): Promise<HealthCheck> {
  const server = new Server()
  server.addService(grpcHealth, {
    Check: (_: unknown, answer: sendUnaryData<{status: number}>) => {
      const say = (status: number) => answer(null, {status})
      healthy().then(
        () => say(servingStatus.serving),
        () => say(servingStatus.notServing),
      )
    },
  })
  const {promise, resolve, reject} = Promise.withResolvers<number>()
  server.bindAsync(`[::]:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
    error ? reject(error) : resolve(bound),
  )
  const bound = await promise.catch(cause =>
    fail({code: 'N022', message: `[::]:${port}: ${cause.message}`}, 3, {cause}),
  )
  return {port: bound, stop: () => server.forceShutdown()}
}
