/**
 * The server to be measured, in a process of its own: `node serve.ts FOLDER DEVICES BUSY_POLL_US` serves PFs `pf0`,
 * `pf1`… without VFs on sockets in the folder, and prints one line when it listens.
 */
import {nativeTransport} from '../../vfio-user-server/native/transport.ts'
import {pfIdentity} from '../../vfio-user-server/src/identity.ts'
import {Server, socketsIn} from '../../vfio-user-server/src/server.ts'

const [folder = '.', devices = '1', busyPollUs = '0'] = process.argv.slice(2)
const pfs = Array.from({length: Number(devices)}, (_, n) => ({
  name: `pf${n}`,
  identity: pfIdentity(`BENCH-PF${n}`),
  memory: 16n << 30n,
  vfs: 0,
  numa: undefined,
}))
void nativeTransport({busyPollUs: Number(busyPollUs)})
  .then(transport => new Server({sriov: 'off', pfs}, {transport, socketOf: socketsIn(folder)}).listen())
  .then(() => console.log('listening'))
