/** The test bed's problems. Not for `lockstep explain`: what ships knows no test bed. */
export const codes: Record<string, {title: string; text: string}> = {
  B001: {
    title: 'a Go tool cannot be built',
    text: 'The module proxy refuses a module, or the build failed. Tests that need the tool are skipped by name, and fail with CI=true. Versions are pinned in testbed/tools/NAME/go.mod: choose one that the proxy has.',
  },
  B002: {
    title: 'a Go module is not the one that is pinned',
    text: 'The module proxy gave a module whose checksum differs from the one in testbed/tools/crds.ts. Published versions never change, so the proxy, or something on the way, changed it. Ask another proxy.',
  },
  B010: {
    title: 'the guest did not come up',
    text: 'QEMU ran a kernel twice and neither boot came so far that scripts can run. A panic or a stall shows in the console lines that are quoted. Emulation is slow on a loaded machine: a longer timeout may help.',
  },
  B011: {title: 'QEMU did not start', text: 'QEMU refused its arguments; its own words are quoted.'},
  B012: {title: 'not an xz file', text: 'A module named .ko.xz is not packed with xz.'},
  B013: {
    title: 'no kernel in the package',
    text: 'The package was unpacked, but holds no boot/vmlinuz-…: name a linux-image package, not the headers.',
  },
  B014: {
    title: 'the guest did not answer',
    text: 'A script in a guest did not end in time, or QEMU ended before it. The console lines that are quoted show a panic or a stall; emulation is slow on a loaded machine.',
  },
  B015: {
    title: 'a script failed in the guest',
    text: 'A script that a test relies on ended with an error; what it said is quoted.',
  },
  B016: {
    title: 'a program for the guest does not compile',
    text: 'A small C program that tests run in the guest was refused by the compiler, whose words are quoted.',
  },
  B017: {title: 'no such kernel line', text: 'The lines are in matrix/kernels.lock.yaml.'},
  B018: {title: 'nothing was built', text: 'The build of a kernel module ended well, but without a module.'},
  B019: {
    title: 'the device server refused',
    text: 'mock-accel-server ended instead of serving, or refused a request; its own words are quoted.',
  },
  B020: {title: 'unknown tier', text: 'The names of the tiers are in testbed/tiers/tiers.ts.'},
  B021: {title: 'no such topology', text: 'The file that --topology names cannot be read.'},
  B022: {
    title: 'no VFIO for this kernel',
    text: 'A topology with an IOMMU gives the guest its kernel’s VFIO modules, and the image package of this kernel holds none: Debian packs those of 7.x apart. Choose a 6.12 line.',
  },
  B023: {title: 'a wrong number of seconds', text: '`--seconds` is how long a soak lasts: a whole number.'},
  B030: {
    title: 'a server ended by itself',
    text: 'A server that a test stands on ended; its last lines are quoted.',
  },
  B031: {
    title: 'a server was not ready in time',
    text: 'It lives but did not become ready. A busy machine may be the cause.',
  },
  B032: {
    title: 'a set-up step was refused',
    text: 'kubectl or openssl refused a step that a test needs; its words are quoted.',
  },
  B040: {
    title: 'a package of the debug kernel is not to be had',
    text: 'Debian names its source packages by version: a new release may have another. The names are in testbed/debug-kernel/packages.ts.',
  },
  B041: {
    title: 'the debug kernel does not build',
    text: 'Its last words are quoted. A line of testbed/debug-kernel/kernel.config that the kernel does not grant needs another option first, or has another name in this version.',
  },
  B042: {
    title: 'the module does not compile for the debug kernel',
    text: 'The compiler, whose words are quoted, refused the module; an error of sparse shows here too.',
  },
  B050: {
    title: 'a disk of a node cannot be made',
    text: 'Disks are made of locked packages, and containerd itself takes the images in, before any guest runs. Its words are quoted: an archive that is no image, a full disk.',
  },
  B051: {
    title: 'the process of a cluster ended',
    text: 'A cluster lives in one process, in a network namespace of its own, and with it all that it started. Its last words are quoted; the whole is in the file `log` of its folder.',
  },
  B052: {
    title: 'a cluster does not answer',
    text: 'Its process has ended or is ending: `lockstep dev cluster status` tells.',
  },
  B053: {title: 'no such node', text: 'Nodes are called node1, node2 and so on.'},
  B054: {title: 'a wrong word or number', text: '`lockstep dev cluster up --help` lists what can be said.'},
  B055: {
    title: 'the cluster is up with other options',
    text: 'A cluster keeps the nodes, devices, kernel and images that it was started with. Take it down and start it again, or start another beside it with --name.',
  },
  B056: {title: 'no such archive', text: 'A file that --load names is not there.'},
  B057: {title: 'the cluster is not up', text: '`lockstep dev cluster up` starts it.'},
  B060: {
    title: 'a program of Debian is not to be had',
    text: 'Tests compare with the cosign that Debian packages, and have its shellcheck read scripts. The suite has none, or its package does not unpack; testbed/tools/debian.lock.yaml names the exact packages, and `node testbed/tools/debian-update.ts` renews them.',
  },
  B061: {
    title: 'the emulator is not to be had',
    text: 'Programs for arm64 are tried with QEMU’s user mode, one package that testbed/emulator/ locks. The suite lacks it, or tar refused it, whose words are quoted.',
  },
}
