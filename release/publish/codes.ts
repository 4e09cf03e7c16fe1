/** The long stories of this room's problems, for `lockstep explain CODE`. */
export const codes: Record<string, {title: string; text: string}> = {
  P010: {
    title: 'no built release',
    text: 'Publishing, verifying and status read what `lockstep release build` has put into dist/. Run it first, or name the folder with --dist.',
  },
  P011: {
    title: 'not a release plan',
    text: 'dist/plan.json can’t be read, or was written by a version of lockstep with another plan format. Build again; what was built before is taken from the store.',
  },
  P012: {
    title: 'the layout lacks an artifact',
    text: 'The plan names an artifact whose tag is not in dist/oci: the build was interrupted, or somebody removed files. Build again: it writes what is missing.',
  },
  P013: {
    title: 'not a list of digests',
    text: 'digests.json of a release lists every artifact with its digest. The file found is something else. Fetch or build the release again.',
  },
  P020: {
    title: 'a version tag stands for something else',
    text: 'A version is published once; its tags never change, because people have pinned them. The registry holds the same version with other content. Either another commit was released under this version (build that commit to verify it), or the version must be raised. Nothing was sent. Floating tags such as latest are no versions and may move.',
  },
  P021: {
    title: 'built from an overlay lock',
    text: 'Some locked input (a kernel’s headers, a toolbox package) has vanished from the distribution’s mirror, and the build took its successor, so that you could go on working. Such a build can’t be repeated from the commit and is therefore not published. Renew the locks, commit them, build again.',
  },
  P022: {
    title: 'a tag reads back as something else',
    text: 'Each tag is read back after it was set, and all version tags once more at the end. This one stands for other content than what was just sent: somebody else publishes the same version at the same time. Find out who; then run the command again.',
  },
  P023: {
    title: 'an incomplete release',
    text: 'Some part could not be made where this release was built, because npm could not fetch what it needs. A version is published once and whole, or people who look for the missing part find nothing and the version can’t be mended. Build again where npm’s registry is in reach.',
  },
  P030: {
    title: 'a release file has another checksum',
    text: 'The file’s bytes are not those of which SHA256SUMS speaks. It was damaged or replaced. Do not use it; fetch it again, and tell the maintainers if it still differs.',
  },
  P031: {
    title: 'a file without checksum',
    text: 'A release file of which SHA256SUMS does not speak was put there by somebody else than lockstep.',
  },
  P032: {
    title: 'SHA256SUMS is not complete',
    text: 'The plan names a release file that SHA256SUMS does not list. Both come from one list when lockstep builds them, so one of them was changed afterwards.',
  },
  P033: {
    title: 'digests.json is not complete',
    text: 'The plan names an artifact that digests.json does not list. Both come from one list when lockstep builds them, so one of them was changed afterwards.',
  },
  P034: {
    title: 'a tag stands for something else',
    text: 'The release says which digest a version tag has; the registry answers another one, or none. The tag was moved, or publishing is not finished: `lockstep release status` tells more.',
  },
  P036: {
    title: 'a module is not the one that is listed',
    text: 'digests.json lists each kernel module as it was before signing, so that everybody can compare a build of their own. The module in an image, with its signature cut off, has another digest, is signed although the release says nothing of a key, is not signed although it does, or lies in no image at all. Do not load it.',
  },
  P037: {
    title: 'a floating tag stands elsewhere',
    text: 'Tags such as latest follow the newest release, and latest-LINE the newest kernel of a line. This one is absent, stands for an older release, or for something that is no release. Most often publishing was cut off before its end: publish the newest release again. If that is not it, somebody has moved the tag.',
  },
  P038: {
    title: 'the release artifact holds other files',
    text: 'All release files are also one OCI artifact, named after the product. Its layers are to be the very files that SHA256SUMS lists. One is missing, differs, or is one too many: build and publish again, and find out who wrote it if that does not help.',
  },
  P039: {
    title: 'the release was withdrawn',
    text: 'Its maintainers have marked it so, with the reason. Nothing was deleted and nothing is damaged: it is the release itself that is not to be used any more. As an error, a signature that you trust says so; as a warning, somebody who may write to that registry claims it, and --key or --identity would tell whether the maintainers do.',
  },
  P040: {
    title: 'the matrix is not as it is committed',
    text: 'A matrix is published as it stands in a commit, whose day orders it among others: the floating tag only goes forward. Commit what has changed, then publish.',
  },
  P041: {
    title: 'not a reference to a matrix',
    text: 'A matrix in a registry is named as oci://HOST/REPOSITORY@sha256:… or, for commands that only ask, by a tag in place of the digest. The digest is told on standard error each time, so that it can be pinned. What changes a checkout or a registry takes a digest alone: a tag may stand for something else tomorrow.',
  },
  P042: {
    title: 'another kind of artifact',
    text: 'What stands under this reference is no matrix: an image, a chart or another artifact. Those that `lockstep matrix publish` makes have the type application/vnd.lockstep.matrix.v1+yaml.',
  },
  P043: {
    title: 'what a tag stands for',
    text: 'The matrix was asked for by a tag, which may stand for something else tomorrow. The digest that it stands for today is told, so that the same question can be asked again: by a digest the answer stays, and needs no network once the matrix was fetched.',
  },
  P035: {
    title: 'a release file is absent',
    text: 'SHA256SUMS, or a file that it lists, is not there. Publishing is not finished, or the file was removed.',
  },
}
