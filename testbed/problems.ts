/** The test bed's problems (B5), for `lockstep explain` in a checkout: what ships knows no test bed. */
export const codes: Record<string, {title: string; text: string}> = {
  B501: {
    title: 'a Go tool cannot be built',
    text: 'The module proxy refuses a module, or the build failed. Tests that need the tool are skipped by name, and fail with CI=true. Versions are pinned in testbed/tools/NAME/go.mod: choose one that the proxy has.',
  },
  B502: {
    title: 'a Go module is not the one that is pinned',
    text: 'The module proxy gave a module whose checksum differs from the one in testbed/tools/crds.ts. Published versions never change, so the proxy, or something on the way, changed it. Ask another proxy.',
  },
  B510: {
    title: 'the guest did not come up',
    text: 'QEMU ran a kernel twice and neither boot came so far that scripts can run. A panic or a stall shows in the console lines that are quoted. Emulation is slow on a loaded machine: a longer timeout may help.',
  },
  B511: {title: 'QEMU did not start', text: 'QEMU refused its arguments; its own words are quoted.'},
  B512: {title: 'not an xz file', text: 'A module named .ko.xz is not packed with xz.'},
  B513: {
    title: 'no kernel in the package',
    text: 'The package was unpacked, but holds no boot/vmlinuz-…: name a linux-image package, not the headers.',
  },
  B514: {
    title: 'the guest did not answer',
    text: 'A script in a guest did not end in time, or QEMU ended before it. The console lines that are quoted show a panic or a stall; emulation is slow on a loaded machine.',
  },
  B515: {
    title: 'a script failed in the guest',
    text: 'A script that a test relies on ended with an error; what it said is quoted.',
  },
  B516: {
    title: 'a program for the guest does not compile',
    text: 'A small C program that tests run in the guest was refused by the compiler, whose words are quoted.',
  },
  B517: {title: 'no such kernel line', text: 'The lines are in matrix/kernels.lock.yaml.'},
  B518: {title: 'nothing was built', text: 'The build of a kernel module ended well, but without a module.'},
  B519: {
    title: 'the device server refused',
    text: 'mock-accel-server ended instead of serving, or refused a request; its own words are quoted.',
  },
  B520: {title: 'unknown tier', text: 'The names of the tiers are in testbed/tiers/tiers.ts.'},
  B521: {title: 'no such topology', text: 'The file that --topology names cannot be read.'},
  B522: {
    title: 'no VFIO for this kernel',
    text: 'A topology with an IOMMU gives the guest its kernel’s VFIO modules, and the image package of this kernel holds none: Debian packs those of 7.x apart. Choose a 6.12 line.',
  },
  B523: {title: 'a wrong number of seconds', text: '`--seconds` is how long a soak lasts: a whole number.'},
  B530: {
    title: 'a server ended by itself',
    text: 'A server that a test stands on ended; its last lines are quoted.',
  },
  B531: {
    title: 'a server was not ready in time',
    text: 'It lives but did not become ready. A busy machine may be the cause.',
  },
  B532: {
    title: 'a set-up step was refused',
    text: 'kubectl or openssl refused a step that a test needs; its words are quoted.',
  },
  B540: {
    title: 'a package of the debug kernel is not to be had',
    text: 'Debian names its source packages by version: a new release may have another. The names are in testbed/debug-kernel/packages.ts.',
  },
  B541: {
    title: 'the debug kernel does not build',
    text: 'Its last words are quoted. A line of testbed/debug-kernel/kernel.config that the kernel does not grant needs another option first, or has another name in this version.',
  },
  B542: {
    title: 'the module does not compile for the debug kernel',
    text: 'The compiler, whose words are quoted, refused the module; an error of sparse shows here too.',
  },
  B550: {
    title: 'a disk of a node cannot be made',
    text: 'Disks are made of locked packages, and containerd itself takes the images in, before any guest runs. Its words are quoted: an archive that is no image, a full disk.',
  },
  B551: {
    title: 'the process of a cluster ended',
    text: 'A cluster lives in one process, in a network namespace of its own, and with it all that it started. Its last words are quoted; the whole is in the file `log` of its folder.',
  },
  B552: {
    title: 'a cluster does not answer',
    text: 'Its process has ended or is ending: `lockstep dev cluster status` tells.',
  },
  B553: {title: 'no such node', text: 'Nodes are called node1, node2 and so on.'},
  B554: {title: 'a wrong word or number', text: '`lockstep dev cluster up --help` lists what can be said.'},
  B555: {
    title: 'the cluster is up with other options',
    text: 'A cluster keeps the nodes, devices, kernel and images that it was started with. Take it down and start it again, or start another beside it with --name.',
  },
  B556: {title: 'no such archive', text: 'A file that --load names is not there.'},
  B557: {title: 'the cluster is not up', text: '`lockstep dev cluster up` starts it.'},
  B560: {
    title: 'a program of Debian is not to be had',
    text: 'Tests compare with the cosign that Debian packages, and have its shellcheck read scripts. The suite has none, or its package does not unpack; testbed/tools/debian.lock.yaml names the exact packages, and `node testbed/tools/debian-update.ts` renews them.',
  },
  B561: {
    title: 'the emulator is not to be had',
    text: 'Programs for arm64 are tried with QEMU’s user mode, one package that testbed/emulator/ locks. The suite lacks it, or tar refused it, whose words are quoted.',
  },
  B562: {
    title: 'Python packages are not to be had',
    text: 'Some tests run programs made of Python packages, which testbed/tools/python/ locks with their digests. pip is missing, its index does not have one of them, or there is no wheel for this Python; pip’s words are quoted. Such tests are skipped by name, and fail with CI=true.',
  },
}
