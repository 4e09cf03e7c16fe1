/** The long stories of this room's problems, for `lockstep explain CODE`. */
export const codes: Record<string, {title: string; text: string}> = {
  L001: {
    title: 'the checkout has changes that are in no commit',
    text: 'A release is built from one commit, which its tag and its provenance name. Commit what belongs to it, put the rest away, and run the command again.',
  },
  L002: {
    title: 'generated files are out of date',
    text: 'A file that is generated from the matrix does not hold what would be generated now. `lockstep check` shows the difference, `lockstep generate` mends it; commit the result.',
  },
  L003: {
    title: 'the toolbox is not the committed one',
    text: 'A package of the toolbox root has vanished from the mirror, and an overlay took its place, so that others could not repeat the build. Renew the lock by `node testbed/toolbox/update.ts`, commit it, and build again.',
  },
  L004: {
    title: 'the matrix says that it does not work',
    text: 'A version that the matrix recommends or lists as validated is broken together with this release, by the matrix’s own rules. `lockstep compat check` tells which rule. Mend the rule or the recommendation before anybody follows it.',
  },
  L005: {
    title: 'nobody has written what changed',
    text: 'Notes and changelog are made from matrix/changes/<version>.yaml. `lockstep release prepare` drafts it from the commits since the last tag; people edit it. A file that still says that it is a draft is refused too.',
  },
  L006: {
    title: 'this version was withdrawn',
    text: 'The matrix lists the version as yanked. It stays where it was published, and is not released again. Prepare the next one.',
  },
  L007: {
    title: 'not from this branch',
    text: 'The matrix says which branch releases which versions (release.branches). Go to that branch, or correct the list.',
  },
  L008: {
    title: 'GitHub is left out for want of a token',
    text: 'A cut ends with a release at GitHub, for which it needs a token in GH_TOKEN or GITHUB_TOKEN that may write the contents of the repository. In GitHub Actions: `permissions: contents: write`. Say --no-github to release to the registry alone.',
  },
  L010: {
    title: 'the remote has this version’s tag on another commit',
    text: 'The tag’s push is the lock between two releasers: whoever pushed it releases that commit. Check that commit out to finish its release; nothing was sent. If the version is yet to be raised, `lockstep release prepare` does that.',
  },
  L011: {
    title: 'this checkout has the version’s tag on another commit',
    text: 'The tag was made here before, for another commit, and is not at the remote. If it was a mistake, delete it here by `git tag --delete` and run the command again.',
  },
  L012: {
    title: 'another releaser was faster',
    text: 'The tag was absent when this run looked and was there when it pushed: somebody else is releasing the same commit at this moment. They go on, this run stops. When they are done, or have given up, the same command finishes whatever is left.',
  },
  L020: {
    title: 'GitHub has published other files under this version',
    text: 'Releases at GitHub are immutable once they are published. This one has other files than the build, or lacks some. Build the commit that was released to verify it, or release what you have under the next version.',
  },
  L021: {
    title: 'a draft at GitHub holds other files',
    text: 'The draft release of this tag holds a file of the same name with other bytes, or one that is not part of the release. lockstep does not overwrite what others may have put there. Find out who did; delete the draft at GitHub and run the command again.',
  },
  L030: {
    title: 'not a version that can come next',
    text: 'Give major, minor, patch or a version of three numbers, perhaps with the prerelease that the channel has: 0.3.0-rc.1 for rc, 0.3.0-nightly.20261121 for nightly. It must be newer than the last release of its branch and must not have a tag yet.',
  },
  L031: {
    title: 'changes beside the preparation',
    text: 'Preparing a release changes the matrix, its changes file and generated files, and nothing else may get into that commit. Commit or put away the files that are named, then run it again.',
  },
  L032: {
    title: 'the matrix has another form than expected',
    text: 'The release section or the list of the product’s versions is not written in the usual block form, so that it can’t be edited without touching what people wrote. Write the new version and its row by hand, then run the command again.',
  },
  L033: {
    title: 'a minor that is supported no longer',
    text: 'By the support policy of the matrix (product.support) the minor of this version gets nothing any more. The policy is looked up in the matrix of the main branch, which knows the minors that came after. Where more was promised, say so there: `endOfSupport` at a version of that minor wins over the policy.',
  },
  L034: {
    title: 'nothing to learn from there',
    text: 'The main branch learns of a release of another branch from its tag: the row of the history and the file of the changes as they were released. The tag is not here (fetch it), or what it has does not know the version.',
  },
  L040: {
    title: 'no such release to withdraw',
    text: 'The version is neither in the registry nor in the matrix. `lockstep release status VERSION` tells what is where.',
  },
}
