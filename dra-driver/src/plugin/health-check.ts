/** The driver's own health by gRPC, for whoever starts it with such a probe: KMM does. */
import {Server, ServerCredentials, type sendUnaryData} from '@grpc/grpc-js'
import {fail} from '#lib/diagnostics.ts'
import {grpcHealth, servingStatus} from '#lib/protobuf/grpc-health.ts'
import {reason} from '../log.ts'

export type HealthCheck = {port: number; stop(): void}

/** kubelet probes by the pod's address, which is of either family; a kernel without IPv6 has only the second. */
const everywhere = ['[::]', '0.0.0.0']

/**
 * Answers for every service's name: KMM asks for `liveness`.
 * @param hosts the first that can be had is taken, unless its port is another program's
 * @throws DiagnosticError exit 3: N022 the port can't be had
 */
export async function startHealthCheck(
  port: number,
  healthy: () => Promise<void>,
  hosts: readonly string[] = everywhere,
): Promise<HealthCheck> {
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
  const failures: string[] = []
  for (const host of hosts) {
    try {
      return {port: await bind(server, `${host}:${port}`), stop: () => server.forceShutdown()}
    } catch (error) {
      failures.push(`${host}:${port}: ${reason(error)}`)
      if (reason(error).includes('EADDRINUSE')) break
    }
  }
  server.forceShutdown()
  return fail({code: 'N022', message: failures.join('; ')}, 3)
}

async function bind(server: Server, address: string): Promise<number> {
  const {promise, resolve, reject} = Promise.withResolvers<number>()
  server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) =>
    error ? reject(error) : resolve(bound),
  )
  return promise
}
