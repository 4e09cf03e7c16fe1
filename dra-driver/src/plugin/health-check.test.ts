import {once} from 'node:events'
import {type AddressInfo, createServer} from 'node:net'
import {networkInterfaces} from 'node:os'
import {Client, credentials} from '@grpc/grpc-js'
import {afterEach, expect, test} from 'vitest'
import {grpcHealth, servingStatus} from '#lib/protobuf/grpc-health.ts'
import {type HealthCheck, startHealthCheck} from './health-check.ts'

let check: HealthCheck | undefined
afterEach(() => check?.stop())
const hasIPv6 = Object.values(networkInterfaces()).some(all => all?.some(one => one.family === 'IPv6'))
const well = async () => {}

async function ask(host: string, port = check?.port): Promise<number | undefined> {
  const client = new Client(`${host}:${port}`, credentials.createInsecure())
  const {promise, resolve, reject} = Promise.withResolvers<number | undefined>()
  const {path, requestSerialize, responseDeserialize} = grpcHealth.Check
  client.makeUnaryRequest(
    path,
    requestSerialize,
    responseDeserialize,
    {service: 'liveness'},
    (error, answer) => (error ? reject(error) : resolve(answer?.status)),
  )
  try {
    return await promise
  } finally {
    client.close()
  }
}

test('a gRPC probe hears whether the driver does its work', async () => {
  let works = true
  check = await startHealthCheck(0, async () => {
    if (!works) throw new Error('the socket does not answer')
  })
  expect(await ask('127.0.0.1')).toBe(servingStatus.serving)
  works = false
  expect(await ask('127.0.0.1')).toBe(servingStatus.notServing)
})

test.skipIf(!hasIPv6)("a pod's address may be of either family", async () => {
  check = await startHealthCheck(0, well)
  for (const host of ['127.0.0.1', '[::1]']) expect(await ask(host), host).toBe(servingStatus.serving)
})

test('where the first address cannot be had, as without IPv6, the next one is taken', async () => {
  // Of the range for documentation: no machine has it.
  check = await startHealthCheck(0, well, ['[2001:db8::1]', '0.0.0.0'])
  expect(await ask('127.0.0.1')).toBe(servingStatus.serving)
  await expect(startHealthCheck(0, well, ['[2001:db8::1]', '192.0.2.1'])).rejects.toThrow(
    /N022.*2001:db8::1.*192\.0\.2\.1/,
  )
})

test('a port that another program has is refused', async () => {
  const other = createServer().listen(0)
  await once(other, 'listening')
  const {port} = other.address() as AddressInfo
  await expect(startHealthCheck(port, well)).rejects.toThrow(/N022.*EADDRINUSE/)
  other.close()
})
