/** The long stories of this room's problems, for `lockstep explain CODE`. */
export const codes: Record<string, {title: string; text: string}> = {
  H001: {
    title: 'not a record of tests',
    text: 'Evidence is made from what the tests themselves write while they run: `npm test -- --record DIR` leaves one file for each tier there. The file that was named is something else, or of another format.',
  },
  H002: {
    title: 'a test has failed',
    text: 'Evidence is of runs that passed as a whole. One that failed in part may have shown something, but nobody can tell what it is worth. Mend what failed, and run the tests again.',
  },
  H003: {
    title: 'other sources were tested',
    text: 'Evidence names one commit, whose files must be those that were tested, without changes beside it. Check that commit out, or run the tests on this one.',
  },
  H004: {
    title: 'nothing was shown',
    text: 'No test that passed has recorded what it ran with. Tests of the tiers guest, cluster and e2e do so; a test that was skipped records nothing.',
  },
  H005: {
    title: 'evidence without a signature',
    text: 'What nobody has signed, anybody could have written. `lockstep evidence write` signs with --sign-key or --keyless; `verify` and `apply` ask whose signature counts (--key, or --identity with --issuer and --trusted-root).',
  },
  H010: {
    title: 'a signed statement of another kind',
    text: 'The signature is right, and what it is over is no evidence of tests: provenance, a bill of materials or something else. The file may have been mistaken for another.',
  },
  H011: {
    title: 'evidence of something else',
    text: 'The evidence is of another product, or of a version that this matrix does not list. Apply it to the matrix of that product, on the branch that knows the version.',
  },
  H012: {
    title: 'no evidence on the release',
    text: 'The release has no evidence attached, or none that is signed by whom you trust. `lockstep evidence publish` attaches it; a release that was cut without it is no less sound, only less is known about it.',
  },
}
