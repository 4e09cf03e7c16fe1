/** gRPC services as tables, in the shape that @grpc/grpc-js takes, without importing it. */
import type {Message} from './codec.ts'

/** One method: what grpc-js calls a MethodDefinition. */
export type Method<Request, Response> = {
  path: string
  requestStream: false
  responseStream: boolean
  requestSerialize: (value: Request) => Buffer
  requestDeserialize: (bytes: Buffer) => Request
  responseSerialize: (value: Response) => Buffer
  responseDeserialize: (bytes: Buffer) => Response
}

/** `/package.Service/Method`, answered once, or with a stream of answers. */
export function method<Request, Response>(
  path: string,
  request: Message<Request>,
  response: Message<Response>,
  options: {stream?: boolean} = {},
): Method<Request, Response> {
  return {
    path,
    requestStream: false,
    responseStream: options.stream ?? false,
    requestSerialize: value => request.encode(value),
    requestDeserialize: bytes => request.decode(bytes),
    responseSerialize: value => response.encode(value),
    responseDeserialize: bytes => response.decode(bytes),
  }
}
