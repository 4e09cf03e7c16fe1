/** The long stories of this room's problems, for `lockstep explain CODE`. */
export const codes: Record<string, {title: string; text: string}> = {
  B001: {
    title: 'a file changed during the build',
    text: 'The plan names every file by its digest. One of them had other bytes when it was packed, so what was built would not be what was planned. Nothing was written to dist/; run the command again when nobody is editing.',
  },
  B010: {
    title: 'a chart without Chart.yaml',
    text: 'Chart.yaml is generated from the matrix and committed. Run `./lockstep generate`.',
  },
  B011: {
    title: 'the chart has another version than the matrix',
    text: 'The release version stands once, in the matrix; Chart.yaml is generated from it. Run `./lockstep generate`, and `./lockstep check` in CI, so that the two never part.',
  },
  B012: {
    title: 'a template of the chart is broken',
    text: 'Helm refuses the whole chart when one of its templates can’t be parsed, and whoever installs it would be the first to see. An action, a string or a parenthesis is not closed, or a block has no `end`. This is looked at without Helm; that functions and values exist, only Helm can tell, which is asked where it is on the PATH.',
  },
  B013: {
    title: 'data of the chart can’t be read',
    text: 'Chart.yaml, values.yaml and what lies in crds/ have to be YAML, values.schema.json has to be JSON; Helm would refuse the chart. The place is where the parser gave up.',
  },
  B014: {
    title: 'Helm finds fault with the chart',
    text: 'Helm is on the PATH, and `helm lint` reports errors in the chart that is to be built. Nothing was built. Helm is needed for nothing else: on a machine without it the chart is only checked for its form, which the command says.',
  },
  B020: {
    title: 'a Debian package lacks a file',
    text: 'The first layer of an image is taken from Debian’s packages: busybox-static under a module, since KMM’s init container needs sh, mkdir and cp, and the C and C++ libraries under Node. A locked package has no such file; perhaps Debian moved it. Update the lock, or the paths in release/build/builders/base.ts and debian-layer.ts.',
  },
  B021: {
    title: 'Debian packages can’t be unpacked',
    text: 'The libraries under Node are taken out of Debian’s packages in the toolbox root. That failed, most often because the disk is full or a file of the cache is damaged. Run the command again; what the cache holds of the package is checked when it is read.',
  },
  B030: {
    title: 'kernel headers can’t be unpacked',
    text: 'The header packages of a kernel are unpacked once into the cache, in the toolbox root. That failed, most often because the disk is full. Nothing half-unpacked is left behind.',
  },
  B031: {
    title: 'the module does not compile',
    text: 'The compiler’s last lines are shown. A new kernel series may have changed an interface: kernel-driver/compat.h is the place for differences. `lockstep kernels build KERNEL` tries one kernel alone.',
  },
  B032: {
    title: 'the module is not for its kernel',
    text: 'A module says in its vermagic for which kernel it was compiled, and in its version of which release it is. One of them is not what the plan says, so it would not load or would lie. The packages in matrix/kernels.lock.yaml probably belong to another kernel.',
  },
  B040: {
    title: 'a program can’t be made',
    text: 'A component’s TypeScript is bundled, its addon compiled, and both are put into a copy of Node, in the toolbox root. One of these steps failed; its last lines are shown. Only npm packages that the component’s descriptor lists are there: an import of another one is not found.',
  },
  B041: {
    title: 'Node can’t carry a program',
    text: 'Official builds of Node hold a mark that is switched on when a program is put into them. The one in package-lock.json has no such mark, or it is switched on already. Lock an official build.',
  },
  B042: {
    title: 'Node can’t be stripped',
    text: 'Images hold Node without its symbols, which `strip` of the toolbox root takes away. The npm package holds no such program, or one for another architecture. Look at the node-linux packages in package-lock.json.',
  },
}
