/** The long stories of this room's problems, for `lockstep explain CODE`. */
export const codes: Record<string, {title: string; text: string}> = {
  W001: {
    title: 'a key that can’t be read',
    text: 'Signing takes a private key in PEM form (PKCS #8 or SEC 1), whose passphrase comes from COSIGN_PASSWORD; verifying takes the public half. Nothing of a key’s content is ever shown. `cosign generate-key-pair` writes private keys in a form of its own; `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256` makes one that both take (`cosign import-key-pair`).',
  },
  W002: {
    title: 'a key that releases are not signed with',
    text: 'Releases are signed by ECDSA on the curve P-256 with SHA-256: the one kind of key that every tool of sigstore, Flux, Kyverno and the policy controller accept.',
  },
  W003: {
    title: 'a signature that does not fit',
    text: 'Each signature is checked with the public key before it is used, and this one does not fit: the token has signed with another key than the one it shows. Nothing was published with it.',
  },
  W004: {
    title: 'not a trusted root',
    text: 'Signatures of an identity are checked offline against a file that lists the certificate authorities and logs to trust (sigstore’s trusted_root.json). `cosign trusted-root create --with-default-services --out trusted_root.json` writes the public instance’s; take it from a place that you trust.',
  },
  W005: {
    title: 'whom to trust is not clear',
    text: 'Either one key (--key FILE) or one identity (--identity with --issuer and --trusted-root) says whose signatures count. Both at once, or an identity without its issuer, says nothing definite.',
  },
  W006: {
    title: 'signing by identity is not possible here',
    text: 'Signing without a key of one’s own takes an identity token of the place where it runs, such as GitHub Actions with the permission `id-token: write`, and asks two services: one for a certificate and one for an entry in a public log. Something of this is missing or refused. The token itself is never shown.',
  },
  W010: {
    title: 'nothing is signed',
    text: 'An artifact of the release carries no signature at all. Either it was published without --sign-key, or somebody removed the signature, or a mirror left it behind (signatures are referrers: copy them with the image). Publishing the same release again with the key adds it; nothing else changes.',
  },
  W011: {
    title: 'a signature does not fit',
    text: 'The signature was made with the right key, but over something else than what is here: somebody changed what was signed. Do not use it, and tell the maintainers.',
  },
  W012: {
    title: 'not a sigstore bundle',
    text: 'A bundle holds one signature with all that is needed to check it, over a message or an in-toto statement. What was found is something else, or damaged.',
  },
  W013: {
    title: 'signed by somebody else',
    text: 'There is a signature, and it is of another key or identity than the one to be trusted. Either the maintainers have changed their key (they will have said so), or somebody else has published this under their name.',
  },
  W014: {
    title: 'a certificate that had run out',
    text: 'Certificates of identities live for ten minutes; the public log tells when a signature was made. This one was made outside the certificate’s life, so the identity was not vouched for at that moment.',
  },
  W015: {
    title: 'the log does not vouch for it',
    text: 'What an identity signs has to stand in a public log, so that everybody can see what was signed in its name. The entry is missing, or is not over this signature.',
  },
  W016: {
    title: 'a certificate of unknown origin',
    text: 'The certificate with which this was signed does not come from an authority that the trusted root lists.',
  },
  W017: {
    title: 'signed for something else',
    text: 'The signature is sound, but what it states is about another digest, version or artifact: somebody has hung a signature of one thing on another, or moved a tag to an older release that was signed in its time.',
  },
  W020: {
    title: 'no SBOM',
    text: 'The signed provenance of an artifact names its bills of materials by digest, and one of them is not there.',
  },
  W021: {
    title: 'a forged SBOM',
    text: 'A bill of materials hangs on the artifact of which the signed provenance knows nothing: somebody put it there, or changed the one that was published. Do not trust what it says.',
  },
  W030: {
    title: 'no provenance',
    text: 'An artifact carries no signed statement about what it was made from. Publishing the same release again with the key adds it.',
  },
  W040: {
    title: 'the commit is not known',
    text: 'Provenance names the commit that a release was built from, so what is signed must be exactly that: a checkout in Git, without changes, whose files are those that the plan in dist/ lists. Files that `lockstep generate` would write anew count as changed. Generate, commit, build again, and publish from that checkout.',
  },
}
