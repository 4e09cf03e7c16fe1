/** What can be wrong with building the addon. */
export const codes: Record<string, {title: string; text: string}> = {
  U101: {
    title: 'The addon does not build',
    text:
      'The vfio-user server owns its sockets through a small addon in C (vfio-user-server/native), because Node has ' +
      'no call that receives file descriptors. It is compiled once for each change of its sources, by the C compiler ' +
      "with the pinned Node's headers, and kept in the cache. A C compiler and the C library's headers are needed; the " +
      "compiler's own words are in the message.",
  },
}
