/**
 * Whether a server serves, as probes of kind `grpc` ask.
 * https://github.com/grpc/grpc/blob/master/doc/health-checking.md
 */
import {int64, message, one, string} from './codec.ts'
import {method} from './service.ts'

export const servingStatus = {unknown: 0, serving: 1, notServing: 2} as const

const request = message({service: one(1, string)})
const response = message({status: one(1, int64)})

export const grpcHealth = {Check: method('/grpc.health.v1.Health/Check', request, response)}
