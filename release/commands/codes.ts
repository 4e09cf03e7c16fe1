/** The problems of the command line, for `lockstep explain CODE`. */
export const codes: Record<string, {title: string; text: string}> = {
  C001: {
    title: 'Unknown command',
    text: 'The first words of a command line name the command, for example `release plan`. No command has that name. `lockstep --help` lists them all.',
  },
  C002: {
    title: 'Unknown option',
    text: "The command does not take this option. Options that every command takes may stand anywhere; a command's own ones stand after its name. `lockstep COMMAND --help` lists them.",
  },
  C003: {
    title: 'An option without its value, or with one too many',
    text: 'Options such as --output need a value, as `-o json` or `--output=json`; a value that begins with a dash must be joined with `=`. Switches such as --diff take none.',
  },
  C004: {
    title: 'A value that is not one of the choices',
    text: 'The option or word takes one of a few values, and the given one is none of them. The message lists them.',
  },
  C005: {
    title: 'A word is missing',
    text: 'The command needs to be told what to work on, for example `lockstep explain M001`. `lockstep COMMAND --help` shows the words in their order.',
  },
  C006: {
    title: 'A word too many',
    text: 'The command takes fewer words than were given. Quote a value that holds spaces.',
  },
  C007: {
    title: 'Not NAME=VALUE',
    text: 'Versions and values are given as NAME=VALUE, for example `kubernetes=1.36` or `--set kernelModule.enabled=true`.',
  },
  C008: {
    title: 'A value of the wrong form',
    text: "An option or a variable of the environment has a value that can't be read: words where a number belongs, for example. The message says what was expected.",
  },
  C009: {
    title: 'A name that the matrix does not have',
    text: 'Versions are given for components of the matrix, and --set takes values that a component of the matrix declares. `lockstep compat` lists the components.',
  },
  C010: {
    title: 'Not inside a checkout',
    text: 'Most commands work on a checkout of the product: the nearest folder upwards that has a folder matrix/ with a matrix in it. Go there, or name it with --root DIR; a matrix by itself may be named with --matrix FILE.',
  },
  C011: {
    title: 'A file that is needed is not there',
    text: 'The command needs a file of the checkout, or one that was named on the command line, and there is none. A name is looked up from the folder that you stand in. The hint names the command or edit that makes it.',
  },
  C012: {
    title: 'A file holds something else than expected',
    text: 'A file that was given on the command line was read, but it does not hold what the command needs. The message says what was expected.',
  },
  C014: {
    title: 'The output folder holds other things',
    text: 'A release folder is brought to exactly what the plan says, so anything else in it would be removed. To keep you from losing files, a folder that holds anything but a release is refused. Name an empty or absent folder with --out DIR.',
  },
  C015: {
    title: 'No such release there',
    text: 'A published release has an OCI artifact named after the product with its release files, tagged with the version. The registry or layout has none of that version. Look at the prefix and the version, or publish it first.',
  },
  C016: {
    title: 'A matrix without kernel modules',
    text: 'The commands about kernels need a matrix with a kernels and a release section, and a component whose descriptor builds a kernel-module. The matrix of another product may have none.',
  },
  C017: {
    title: "kubectl can't list the nodes",
    text: '`kernels coverage --live` asks the cluster of your kubeconfig by `kubectl get nodes -o json`. That failed. Try the same by hand; or save its output and name it with --nodes FILE.',
  },
  C018: {
    title: 'Not the version of this checkout',
    text: 'Images for new kernels are built from the sources of the release that they belong to, so that the module is the same for every kernel. Check out that release, run `lockstep kernels update` there, and try again.',
  },
  C019: {
    title: "A kernel that can't be built",
    text: "`kernels build` takes a kernel by the name that `uname -r` tells on the node. Either no line of the matrix takes that name, or its line does and the distribution's archive has no packages of it any more. `lockstep kernels list` shows the lines and the exact kernels.",
  },
  C020: {
    title: 'The release is incomplete',
    text: 'A part of the release needs a package of npm that is not installed on this machine, usually the Node of another architecture, and npm could not fetch it; its last line is shown. All that does not need it was made and is sound, and dist/plan.json says under leftOut what is missing. Such a release can be tried, but `release publish` refuses it. Mend the network or npm’s configuration and run the command again: only what was left out, and the lists over everything, are made anew.',
  },
  C070: {
    title: 'A fault in lockstep itself',
    text: 'This should not have happened, whatever the input. Nothing half-written is left behind: files appear whole or not at all. Run the command again with LOCKSTEP_DEBUG=1 to see where it came from, and report it with that output.',
  },
  C080: {
    title: 'There are no bindings',
    text: 'The command asks a site’s files for versions, and bindings say where each stands. They are a file of the site, not of the matrix: one entry for each component, with its owner and the field. The guide docs/guides/check-changes.md has an example to start from.',
  },
  C081: {
    title: 'Git does not know a commit',
    text: 'Two commits are compared, so both have to be in the checkout. CI systems often fetch only the newest: fetch the whole history (fetch-depth: 0 for actions/checkout), or the base branch.',
  },
  C082: {
    title: 'Not a range of commits',
    text: 'A range is written BASE..HEAD; both are anything that Git knows, such as origin/main..HEAD.',
  },
  C084: {
    title: 'Several releases in one checkout',
    text: 'A checkout releases one product, so one matrix of matrix/ has a `release` section. Here several have, and the command cannot tell which is meant.',
  },
  C083: {
    title: 'Matrices that cannot be joined',
    text: 'Two matrices that are used together list the same component, but order its versions in different ways, so they cannot be one list. Take the component of one of them only: `uses: [{matrix: …, components: [those that you need]}]`. A matrix that uses itself, over others or not, cannot be joined either; nor can one of a registry that uses a file, since files are not published with it.',
  },
}
