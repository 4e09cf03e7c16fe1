/** The long stories of this room's problems, for `lockstep explain CODE`. */
export const codes: Record<string, {title: string; text: string}> = {
  G001: {
    title: 'nothing to generate the chart from',
    text: 'The chart and the manifests are made of the matrix’s release section (version, date, registry) and its kernels section (lines, module). One of them is missing. A matrix of another product may do without both; then chart and manifests are not generated for it.',
  },
  G002: {
    title: 'no chart or no kernel module among the components',
    text: 'The name of the chart and the repository of the module images stand in components/*.yaml, in a builds entry of kind chart and of kind kernel-module. None of the descriptors has one.',
  },
  G003: {
    title: 'two generators write the same file',
    text: 'Each generated file has one source, or the last writer would win by accident. File names come from ids: two kernel lines or components with the same id make the same name. When the ids differ, it is a fault of the generators; please report it.',
  },
  G004: {
    title: 'no device contract to generate the chart from',
    text: 'The chart’s DRA driver, its DeviceClasses and its admission policies take names and limits from components/device.yaml. The file is missing, or has errors that are shown beside this one.',
  },
  G010: {
    title: 'a hand-written file stands where a generated one goes',
    text: 'Every generated file says so in its first line, and only files with that line are ever written over or removed. The file named here has no such line, so it counts as written by a person. Give it another name, or remove it; then run `./lockstep generate` again.',
  },
  G011: {
    title: 'a generated file is out of date',
    text: 'What the matrix, the descriptors and the kernel lock say has changed since the file was generated, or somebody edited it by hand. `./lockstep check` shows the difference and `./lockstep generate` brings the file up to date; edits belong into what it is generated from, which its first line names.',
  },
}
