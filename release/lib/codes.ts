/** Problems of archives and sums (A), OCI content (O) and registries (R), for `lockstep explain`. */
export const codes: Record<string, {title: string; text: string}> = {
  A001: {
    title: 'a path that cannot stand in an archive',
    text: 'Archives hold relative paths without empty, "." or ".." parts, so that unpacking them can never write outside of the folder in which it happens. Rename the file, or look at the component descriptor that names it.',
  },
  A002: {
    title: 'a path listed twice for one archive',
    text: 'An archive with two entries of one path unpacks differently with different tools. Two inputs of the component put a file in the same place: look at its descriptor.',
  },
  A003: {
    title: 'a file changed while it was packed',
    text: "An archive's header tells a file's size before its bytes. The file grew or shrank between both, so something else is writing to the tree. End that and run the command again.",
  },
  A010: {
    title: 'a broken archive header',
    text: 'Each entry of a tar archive starts with a header that carries its own check sum, and this one does not fit. The file is damaged, or it is no tar archive. Remove it and make or fetch it again.',
  },
  A011: {
    title: 'an archive that is cut off',
    text: 'The archive ends in the middle of an entry, or without its closing blocks. A transfer or a disk broke off. Remove the file and make or fetch it again.',
  },
  A012: {
    title: 'a path that leads out of the archive',
    text: 'The archive holds an absolute path or one with "..". Unpacking it would write somewhere else on the machine. Nothing of it was used; do not unpack it by hand either, and find out where it came from.',
  },
  A013: {
    title: 'an unknown kind of archive entry',
    text: 'Only files, folders and links are read. The archive holds something else, such as a device, which has no place in a release.',
  },
  A020: {
    title: 'compressed data that cannot be unpacked',
    text: 'The data are not gzip, are cut off, or become far larger than anything that belongs into a release. Remove the file and make or fetch it again.',
  },
  A030: {
    title: 'a name twice in a list of sums',
    text: 'SHA256SUMS names each file once. Two artifacts of the release have the same file name: look at the names in the component descriptors.',
  },
  A031: {
    title: 'a line that is no sum',
    text: 'A line of SHA256SUMS is 64 lower-case hex digits, two spaces (or a space and a star) and a file name; a leading backslash marks a name with escapes. That is what `sha256sum -c --strict` reads. If the file was edited by hand, write it anew with `lockstep release build`.',
  },
  A050: {
    title: 'a program can’t take a note',
    text: 'Data are put into a finished program as a note of ELF, which a program for Linux on amd64 or arm64 is. The one that was given is something else, or damaged. Lock an official build of Node.',
  },
  O001: {
    title: 'no OCI manifest',
    text: 'What was read as an image manifest or index has not the shape of one, or calls itself another media type than the one it is stored under. The content is damaged, or it was put there by something that does not follow the OCI image specification.',
  },
  O002: {
    title: 'content that is not there',
    text: 'A tag, manifest or blob was asked for and the layout or registry says that it does not have it. Perhaps it was never published, or somebody removed it. `lockstep release status` tells what is there, and publishing again puts the missing parts in.',
  },
  O003: {
    title: 'not an OCI layout',
    text: 'The folder holds an index.json that is not the index of an OCI image layout. lockstep does not write into folders of others. Choose another folder, or remove the file.',
  },
  O004: {
    title: 'parts are missing below a manifest',
    text: 'A manifest may only be stored when everything it points to is there, so that nobody who finds it runs into a hole. Blobs go first, then the manifests below an index, then the index. Run the command again from the start; if it stays, this is a fault of ours.',
  },
  O005: {
    title: 'verification found something missing or of another size',
    text: 'Verification walks from each tag down to every blob. Something that is pointed to is not there, or has another size than the descriptor tells. Publish again: what is missing is put in, what is right is left alone.',
  },
  O006: {
    title: 'not an OCI archive',
    text: 'oci-archive:FILE is a tar file with one OCI layout in it: oci-layout, index.json and blobs/. This file is something else, or only a part of one. `lockstep mirror VERSION --to oci-archive:FILE` writes one.',
  },
  O007: {
    title: 'an archive is only read',
    text: 'An archive is one file that is written as a whole, by `lockstep mirror`. Publishing, tagging and signing need a registry or a folder (oci:DIR), from which an archive can be made.',
  },
  O010: {
    title: 'a published version is never moved',
    text: "The tag of a version already stands for other content. Users have pinned it, by tag or digest, and a version that changes under them is the field's oldest trap. If the content must change, release a new version. If it should be the same, the build differs from the published one: `lockstep release verify` tells where. Only floating tags (v0.2, v0, latest) move.",
  },
  O011: {
    title: 'not a tag',
    text: 'Tags have up to 128 letters, digits, dots, underscores and dashes and begin with none of the last two. A "+" is not allowed, which is why versions here have none.',
  },
  O020: {
    title: 'not a digest',
    text: 'A digest is "sha256:" and 64 lower-case hex digits. Other algorithms are allowed by the specification but nobody uses them and lockstep does not read them.',
  },
  O021: {
    title: 'other bytes than the digest tells',
    text: 'Everything read or stored is compared with the digest under which it goes, and this is something else. A disk, a cache or a proxy damaged it, or somebody replaced it. Nothing of it was used. Remove the damaged file if it is a local one, and run the command again; if a registry keeps answering wrong bytes, ask its operator.',
  },
  R001: {
    title: 'the registry cannot be reached',
    text: 'The connection failed or broke, several times with growing pauses between. Look at the name, the port and the network. Behind a proxy, set HTTPS_PROXY, NO_PROXY for what is near, and NODE_USE_ENV_PROXY=1: Node looks at the others only then. Nothing is lost: what was pushed is found there the next time, and large blobs go on where they stopped.',
  },
  R002: {
    title: 'the registry is out of order',
    text: 'It kept answering "too many requests" or a server error although lockstep waited as long as it was asked to. Try again later; only what is missing will be sent.',
  },
  R003: {
    title: 'the registry does not know who you are',
    text: 'Credentials come from the Docker configuration: $DOCKER_CONFIG/config.json or ~/.docker/config.json, with credential helpers first. There are none for exactly this host, or it refuses them. Use `docker login`, or write the file; a token needs the right to write packages.',
  },
  R004: {
    title: 'the registry forbids it',
    text: 'You are known but may not do this. Look whether the account or token may write to that repository, and whether the prefix is spelled as the registry has it. Some registries make no repository by themselves: in Amazon’s ECR create each one first, in Harbor the project.',
  },
  R005: {
    title: 'an answer nobody expected',
    text: 'The registry answered something that the distribution specification does not foresee here. Its own words stand in the message. A proxy between, or a wrong address that leads to some other server, is the usual reason.',
  },
  R006: {
    title: 'the TLS connection cannot be trusted',
    text: "The registry's certificate is not signed by an authority that this machine knows, is for another name, has run out, or there is no TLS at all. Give a private authority's certificate in NODE_EXTRA_CA_CERTS. For a registry that speaks plain HTTP use --plain-http; loopback addresses are spoken to in HTTP anyway.",
  },
  R007: {
    title: 'a credential helper failed',
    text: 'The Docker configuration names a program docker-credential-NAME for this registry, and it gave no usable answer. Run it by hand as the message tells.',
  },
  R008: {
    title: 'the Docker configuration cannot be used',
    text: 'config.json must be a JSON object in which "auths" holds base64 of NAME:PASSWORD under each host. Mend it, or remove it and use `docker login` anew.',
  },
  R009: {
    title: 'not a target',
    text: 'A target is a folder of OCI layouts, oci:DIR, or a registry with an optional prefix, such as ghcr.io/acme/mock-device or localhost:5000. Names below it and tags come from the release plan. Put https:// or http:// before a registry to settle how it is spoken to.',
  },
  R010: {
    title: 'an upload did not succeed',
    text: 'The registry lost the upload, or denied having what it had just taken, again and again; or its list of what belongs to an image, kept under a tag of its own, was overwritten by others each time. Such registries usually mend themselves: run the command later, it sends only what is missing.',
  },
  R011: {
    title: 'a manifest too large for registries',
    text: 'Registries need not take manifests above 4 MiB. An index of that size holds thousands of entries: build fewer at once.',
  },
  R012: {
    title: 'a port that is blocked',
    text: 'Web clients refuse ports of well-known other protocols (25 mail, 6000 X11, 6667 chat and some eighty more, listed by the Fetch standard), so that a page can’t make them talk to such services. Node’s client does so too and can’t be told otherwise. Nothing was sent. Let the registry listen on another port, or put a forwarder in front of it.',
  },
}
