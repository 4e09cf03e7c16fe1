/** The long stories of this room's problems, for `lockstep explain CODE`. */
export const codes: Record<string, {title: string; text: string}> = {
  X001: {
    title: 'no release to copy',
    text: 'Copying begins at the release’s own artifact, which is named after the product and tagged with the version: it lists all the others. The place named with --from has no such artifact. Nothing was written.',
  },
  X002: {
    title: 'the source is not whole',
    text: 'The release lists an artifact by its digest, but the source lacks it, or the version’s tag stands for something else there. A copy would hide that, so nothing was written. `lockstep release verify` on the source tells everything that is wrong with it.',
  },
  X003: {
    title: 'the destination has another release of this version',
    text: 'A version tag at the destination stands for something else than at the source. A copy changes nothing that is there, so nothing was sent. One of the two is not what was released: verify both with the public key.',
  },
  X004: {
    title: 'a tag reads back as something else',
    text: 'Each tag is read back after it was set. This one stands for other content than what was just sent: somebody else writes to the destination at the same time.',
  },
  X005: {
    title: 'a path that containerd can’t change',
    text: 'containerd’s configuration sends all that is asked of one host to another, below a path; what follows the host in an image’s name stays. So images of ghcr.io/acme must lie below …/acme in the copy. Copy them there, or set the chart’s values, which name whole repositories.',
  },
  X006: {
    title: 'the file holds something else',
    text: 'The file that was named for an archive exists, and is no archive of this release: it may be another release, or no archive at all. So that nothing is lost it was left alone. Name another file, or give --force. An archive of the same release is replaced without asking, by one with the signatures and the later images that have come since.',
  },
}
