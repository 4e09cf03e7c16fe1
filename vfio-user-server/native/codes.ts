/** What can be wrong with building the addon, and what it is measured against. */
export const codes: Record<string, {title: string; text: string}> = {
  U101: {
    title: 'The addon does not build',
    text:
      'The vfio-user server owns its sockets through a small addon in C (vfio-user-server/native), because Node has ' +
      'no call that receives file descriptors. It is compiled once for each change of its sources, by node-gyp ' +
      "with the pinned Node's headers, and kept in the cache. A C compiler, make and Python are needed; the " +
      "compiler's own words are in the message.",
  },
  V102: {
    title: "The benchmark's C programs do not compile",
    text:
      'The benchmark measures the vfio-user server against a small server in C, with a client in C ' +
      "(bench/vfio-user). Both are compiled by the machine's own compiler, once for each change of them. A C compiler " +
      'and the C library headers are needed.',
  },
}
