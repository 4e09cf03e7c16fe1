/** The long stories of this room's problems, for `lockstep explain CODE`. */
export const codes: Record<string, {title: string; text: string}> = {
  P001: {
    title: 'the matrix describes no release',
    text: 'Planning needs the release section of a matrix: version, date, registry, and the components to build. A matrix of somebody else’s product (KubeVirt, a platform) has none, and nothing of it can be released from here.',
  },
  P002: {
    title: 'a component without descriptor',
    text: 'release.components lists ids; each is described by components/<id>.yaml, which says where it lies and how it is built. Write the descriptor, or correct the id.',
  },
  P003: {
    title: 'nothing lies at a path',
    text: 'A descriptor names a file or folder of which the checkout holds nothing. Generated files count once they are generated: run `./lockstep generate`. Files that Git ignores do not count.',
  },
  P004: {
    title: 'a package is not locked',
    text: 'What is bundled into a program, the Node that runs it and the bundler are inputs of the release, so package-lock.json has to name their version and integrity. Add the package to package.json and run `npm run lock`, or correct the name in components/.',
  },
  P005: {
    title: 'no lock of Debian packages',
    text: 'Images with Node or kernel modules contain Debian packages, which matrix/kernels.lock.yaml names by digest. It is not there. `./lockstep kernels update` asks the archive and writes it; a project without such images needs none.',
  },
}
