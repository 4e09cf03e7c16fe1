import {Client, credentials} from '@grpc/grpc-js'
import {expect, test} from 'vitest'
import {grpcHealth, servingStatus} from '#lib/protobuf/grpc-health.ts'
import {startHealthCheck} from './health-check.ts'

test('a gRPC probe hears whether the driver does its work', async () => {
  let well = true
  const check = await startHealthCheck(0, async () => {
    if (!well) throw new Error('the socket does not answer')
  })
  const client = new Client(`127.0.0.1:${check.port}`, credentials.createInsecure())
  const ask = () => {
    const {promise, resolve, reject} = Promise.withResolvers<number | undefined>()
    const {path, requestSerialize, responseDeserialize} = grpcHealth.Check
    client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      {service: 'liveness'},
      (error, answer) => (error ? reject(error) : resolve(answer?.status)),
    )
    return promise
  }
  expect(await ask()).toBe(servingStatus.serving)
  well = false
  expect(await ask()).toBe(servingStatus.notServing)
  client.close()
  check.stop()
})
