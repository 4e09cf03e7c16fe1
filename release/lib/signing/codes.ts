/** Problems with signing kernel modules (S), for `lockstep explain`. */
export const codes: Record<string, {title: string; text: string}> = {
  S001: {
    title: 'not a certificate',
    text: 'Signed modules name the certificate of their key, and nodes find it by that name. The file that --sign-cert names holds none. `openssl req -x509 -new -key KEY -out CERT` makes one; docs/guides/sign-modules.md has the whole way.',
  },
  S002: {
    title: 'a key that modules are not signed with',
    text: 'Kernels check RSA signatures, and newer ones ECDSA on P-256 and P-384. With RSA a module signed twice has the same bytes, which keeps releases reproducible; with ECDSA every signature differs.',
  },
  S003: {
    title: 'a PIN in a key’s URI',
    text: 'Command lines are seen by everybody on the machine and kept in logs. Put the PIN of the token into the environment as KBUILD_SIGN_PIN, which the kernel’s own build uses too, or name a file that holds it: pkcs11:…?pin-source=file:PATH.',
  },
  S004: {
    title: 'key without certificate, or certificate without key',
    text: 'Signing needs both: the key makes the signature, and the certificate goes into the release, so that nodes can trust it. Give --sign-key and --sign-cert together.',
  },
  S005: {
    title: 'another signature than the release’s',
    text: 'Images that come after a release stand beside its own, and nodes treat them alike: those that load only modules signed by one key would refuse the new ones. Sign with the key that signed the release, or, when it was not signed, do not sign; digests.json of the release names the certificate.',
  },
  S010: {
    title: 'a key that can’t be used',
    text: 'A key file must be a private key in PEM form; an encrypted one takes its passphrase from KBUILD_SIGN_PIN. A key in a token (pkcs11:…) is used through the openssl command and its PKCS #11 provider, which need to be installed; PKCS11_PROVIDER_MODULE names the token’s library, and KBUILD_SIGN_PIN its PIN. Nothing that was signed is kept.',
  },
  S011: {
    title: 'key and certificate do not belong together',
    text: 'Every signature is checked with the certificate before anything is kept, and this one does not fit: the module would be refused by every node that trusts the certificate. Give the certificate that was made for this key.',
  },
  S012: {
    title: 'signatures that differ each time',
    text: 'ECDSA draws a random number for each signature, so an image that is built again, even with the same key, has other bytes and another digest. On one machine the store keeps what was built; elsewhere publishing refuses to move the version tag. RSA signatures (PKCS #1 v1.5) are the same each time. The unsigned modules, whose digests stand in digests.json, are the same with both.',
  },
}
