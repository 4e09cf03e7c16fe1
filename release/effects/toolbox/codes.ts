/** The toolbox's problems, for `lockstep explain`. */
export const codes: Record<string, {title: string; text: string}> = {
  T001: {
    title: 'no Debian mirror known',
    text: "Packages come from the machine's own Debian mirror, which is read from its apt configuration with the suite swapped. This machine's configuration names none (on Ubuntu it names Ubuntu's). Set MOCK_DEVICE_DEBIAN_MIRROR to the URL of a Debian mirror, the folder that holds dists/ and pool/, or install mmdebstrap, which carries the address of one.",
  },
  T002: {
    title: 'the mirror does not answer',
    text: 'A file could not be fetched after several tries. What was fetched so far is kept, so running the same command again goes on where it stopped. Behind a proxy, set HTTP_PROXY and NODE_USE_ENV_PROXY=1.',
  },
  T003: {
    title: 'the mirror no longer has a package',
    text: 'Mirrors keep only the newest version of a package. For the toolbox root a successor is resolved into the cache and the plan says `lock: overlay`; for a kernel, run `lockstep kernels update`. Renew the committed toolbox lock with `node testbed/toolbox/update.ts`.',
  },
  T004: {
    title: 'the mirror has other bytes',
    text: 'A lock names each package with its sha256, and the mirror sent something else under that name. A cache or a proxy between may be damaged, or someone alters files. Nothing of it is used. Try another mirror with MOCK_DEVICE_DEBIAN_MIRROR.',
  },
  T005: {
    title: 'bad signature on a Release file',
    text: 'The package index is trusted through its Release file, which Debian signs. gpgv found a signature that does not fit the text. Do not make a lock from this mirror; try another.',
  },
  T006: {
    title: 'Release file and index disagree',
    text: 'The Release file names the sha256 of each package index, and the index that the mirror sent has another. That happens for some minutes while a mirror is updated. Try again later.',
  },
  T007: {
    title: 'the package index cannot be unpacked',
    text: 'Indices are packed with xz, and the program xz is missing or failed. Install xz-utils.',
  },
  T008: {
    title: 'the toolbox file is wrong',
    text: 'testbed/toolbox/toolbox.yaml or its lock has an unknown key or a value of the wrong shape at the place shown. The lock is generated: repair the wishes and run `node testbed/toolbox/update.ts`.',
  },
  T009: {
    title: 'no suite has a wished package',
    text: 'A package in toolbox.yaml, or one that it depends on, is neither in the stable suite nor among the sources taken from the newer one. Correct the name, or add its source to `newer.sources`.',
  },
  T010: {
    title: 'a package cannot be unpacked',
    text: 'dpkg-deb or tar failed on a package whose bytes are right, so it is most likely the disk: full, read-only, or without enough inodes. The root needs about 1.2 GB. Half a root is never used: it is removed and made again.',
  },
  T011: {
    title: 'the toolbox root cannot be entered',
    text: 'Programs run in a mount namespace with the root as their file tree. Root may always make one; other users need user namespaces. Ubuntu 24.04 and later forbid these by AppArmor: `sysctl kernel.apparmor_restrict_unprivileged_userns=0`. In a container, run it with the right to mount, or as root with CAP_SYS_ADMIN.',
  },
  T012: {
    title: 'a program in the toolbox took too long',
    text: 'It and all that it had started were ended. A busy machine may be the cause: try again.',
  },
  T013: {
    title: 'no toolbox for this machine',
    text: 'The toolbox root is locked for Linux on x86-64, and a root of another architecture would give other bytes. Build on such a machine, or let the workflow do it.',
  },
}
