/** The problems that bootstrap/ tells, which imports nothing and so has no table of its own. */
export const codes: Record<string, {title: string; text: string}> = {
  E091: {
    title: 'not a machine that this runs on',
    text: 'Builds and tests need Linux on x86-64 or arm64: they unpack Debian packages and enter namespaces. Use a Linux machine or a VM.',
  },
  E092: {
    title: 'Node is too old to begin with',
    text: 'The first step is done by whatever Node the machine has, from version 20 on. It fetches the pinned Node, which does all the rest.',
  },
  E093: {
    title: 'a program of the machine is missing',
    text: 'A few programs have to be there before anything can be fetched: git, npm, tar, xz, dpkg-deb, unshare and setpriv. The hint names the packages of Debian and Ubuntu that bring them.',
  },
  E094: {
    title: 'npm cannot install the packages',
    text: 'The packages of package-lock.json could not be installed; npm’s own words stand above. Nothing of a broken install is used. Check the network and npm’s configuration, and run the same command again.',
  },
  E095: {
    title: 'the command does not bundle',
    text: '`./lockstep` runs a bundle of release/, which is made again when a source is newer. esbuild refused one of the sources; its words stand above, with file and line.',
  },
}
