/** Problems with files and programs (E), for `lockstep explain`. */
export const codes: Record<string, {title: string; text: string}> = {
  E001: {
    title: 'the disk is full',
    text: 'A file could not be written because the disk or the quota is used up. Files are written beside their place and renamed when they are complete, so there is nothing half-written. Make room and run the command again: it goes on where it stopped. The cache may be removed at any time.',
  },
  E002: {
    title: 'a file may not be read or written',
    text: 'The file system is read-only, or the owner and mode of the file or its folder do not allow it. Choose another folder, or look at who owns this one; running once as root is the usual reason.',
  },
  E003: {
    title: 'a file is not there',
    text: 'A file that an earlier step should have made, or that you named, is not there. Look at the path, or run the earlier step again.',
  },
  E004: {
    title: 'a file cannot be used',
    text: "The system refused for another reason, which the message tells in the system's own words: a folder stands where a file should be, the disk has errors, too many files are open.",
  },
  E010: {
    title: 'a file cannot be hashed',
    text: 'A file of the release could not be read to its end while its SHA-256 was taken. The message tells why.',
  },
  E020: {
    title: 'a program cannot be started',
    text: 'A program that is needed is not installed, not in PATH, or not executable. `lockstep doctor` lists what is needed and what was found.',
  },
  E021: {
    title: 'a program took too long',
    text: 'The program was ended after the time that such work may take. The machine may be very busy, or the program waits for something that does not come. Run the command again.',
  },
  E030: {
    title: 'npm can’t fetch a package',
    text: 'A program for another architecture holds that architecture’s Node, which npm does not install here: `npm pack` fetches it with the machine’s own npm configuration, once, into the cache. npm’s last line is shown. Check the network and the registry, and run the command again.',
  },
  E031: {
    title: 'a package has other bytes than were locked',
    text: 'package-lock.json names each package’s SHA-512, and what npm’s registry gave is something else. It was thrown away. A registry that serves other bytes for a published version is broken or hostile: find out which before you go on.',
  },
  E040: {
    title: 'Git refuses',
    text: 'lockstep runs `git` in the checkout and pushes to one remote. That ended with an error; its own last words are shown, without passwords that may stand in a URL. Try the same command by hand. When the network was to blame, run lockstep again: it goes on where it stopped.',
  },
  E050: {
    title: 'GitHub can’t be reached, or wants a slower pace',
    text: 'The connection to GitHub’s API broke off, it kept answering with errors of its own, or it limits the pace for longer than is worth waiting. Something may have been made whose answer was lost: the next run looks first and takes it as it is. Run the same command again.',
  },
  E051: {
    title: 'GitHub does not allow it',
    text: 'The token in GH_TOKEN or GITHUB_TOKEN is missing, has expired, or may not write the contents of the repository (a fine-grained token needs Contents: write, and Pull requests: write for `release prepare`; in GitHub Actions `permissions: contents: write`).',
  },
  E052: {
    title: 'GitHub refused, or answered something unexpected',
    text: 'The request was understood and refused, for example because a published release is immutable; GitHub’s own words are shown. An answer of another shape than the documented one is told the same way.',
  },
  E060: {
    title: 'no usable kubeconfig',
    text: 'A command that asks a live cluster needs to know which one and how to get in: --kubeconfig, else KUBECONFIG, else ~/.kube/config, else the service account of the pod it runs in. Either none of these is there, or the file or its context cannot be understood, or the program that should make a token (such as `aws eks get-token`) failed, or the cluster does not know the user, whose token may have expired; the message tells which. `kubectl config get-contexts` shows what there is.',
  },
  E061: {
    title: 'the cluster does not answer',
    text: 'The API server of the kubeconfig could not be reached, or its certificate is not the expected one. The message has the connection’s own words. Look at the server of the context, at proxies and VPN; `kubectl cluster-info` asks the same server. Nothing was changed: run the command again.',
  },
}
