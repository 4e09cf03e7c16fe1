// biome-ignore-all lint/suspicious/noTemplateCurlyInString: KMM's own variables are written so
/** The long stories of this room's problems, for `lockstep explain CODE`. */
export const codes: Record<string, {title: string; text: string}> = {
  K001: {
    title: 'image tag too long',
    text: 'The tag of a module image is v<version>-<kernel name, normalised>. The distribution specification allows 128 characters for a tag, so a very long kernel name leaves no valid tag. Give the kernel a shorter CONFIG_LOCALVERSION.',
  },
  K002: {
    title: 'kernel name without three fields',
    text: 'KMM splits a kernel name at dots, commas and dashes and takes the first three fields as KERNEL_X, KERNEL_Y and KERNEL_Z without looking whether they are there. A name such as 6.12 would end its reconcile loop in a crash. Real kernels are named like 6.12.117+deb13-amd64.',
  },
  K003: {
    title: 'unknown variable in an image',
    text: 'KMM fills KERNEL_FULL_VERSION, KERNEL_VERSION, KERNEL_XYZ, KERNEL_X, KERNEL_Y, KERNEL_Z, MOD_NAME and MOD_NAMESPACE into a containerImage. Any other name becomes the empty text there, so that nodes pull an image that nobody meant. Only $NAME and ${NAME} are allowed here.',
  },
  K004: {
    title: 'expression that Go refuses',
    text: 'Kernel mappings are matched by Go’s regexp package (RE2). It has no look-around and no back-references, and it limits repeats. KMM’s webhook refuses such a Module; without the webhook, every node whose kernel reaches the mapping gets no module at all.',
  },
  K010: {
    title: 'shadowed kernel mapping',
    text: 'KMM takes the first mapping in list order that matches, whether it is a literal or a regexp, and regexps match anywhere in the name. Here the earlier mappings take every kernel name that the later one matches, so no kernel can ever reach it. This is decided exactly, by searching the product of the expressions’ automata over all kernel names. Remove the mapping, or put the narrower condition before the wider one.',
  },
  K011: {
    title: 'condition that no kernel name fits',
    text: 'Kernel names are made of visible ASCII characters, without blanks. The condition matches none of them, for example because something stands after $ or before ^, or because it asks for a blank.',
  },
  K012: {
    title: 'shadowing not decided',
    text: 'The expression is understood by RE2 but its automaton, together with those before it, is larger than the limit, so it is not known whether a kernel can reach it. Nested counted repeats are the usual reason. Write it with fewer of them.',
  },
  K013: {
    title: 'expression not anchored',
    text: 'KMM looks for a match anywhere in the kernel’s name. An expression that does not begin with ^ and end with $ in each of its alternatives takes names that nobody meant; the message shows one. Put ^(?: and )$ around it.',
  },
  K020: {
    title: 'kernel vanished from the archive',
    text: 'A kernel or one of its packages stands in matrix/kernels.lock.yaml, but the distribution’s archive no longer lists it: archives drop old kernels when newer ones come. Existing images and their tags are not touched by this. Run `lockstep kernels update` to lock the kernels that are there now; builds for tests and demos can use an overlay in the cache, which publish and cut refuse.',
  },
  K021: {
    title: 'no kernel for a line',
    text: 'The archive’s package index holds no kernel headers of this line’s suite, series and flavour. Check the spelling of the suite and the flavour, and whether the suite has moved on to another series.',
  },
  K022: {
    title: 'package of a kernel missing',
    text: 'To build a module, a Debian kernel needs three packages: the headers of its flavour, the common headers, and the host tools (kbuild) of the machine that builds. One that the headers depend on is in none of the indexes that were read. The kernel is left out; the next older one is taken when there is one. It is an error when busybox, which lies under every module image, is missing.',
  },
  K024: {
    title: 'line not locked',
    text: 'The matrix lists a prebuilt kernel line that matrix/kernels.lock.yaml does not know, or the lock knows a line that the matrix has no more. Run `lockstep kernels update`.',
  },
  K030: {
    title: 'node list not understood',
    text: 'Coverage reads either the JSON of `kubectl get nodes -o json` or a plain list with one `uname -r` name a line, optionally with the node’s name before it. The file is neither.',
  },
  K040: {
    title: 'addendum not as expected',
    text: 'An addendum tells which module images were built for a release after it was published, when, and from which inputs. Something in the file does not fit its schema. Addenda are written by `lockstep kernels release` and are not edited.',
  },
  K041: {
    title: 'An image is not the one that its addendum names',
    text: 'An addendum in matrix/addenda/ says by digest which image was made for a kernel. The place of publication, or what was just built, has other content under the same tag. A tag never changes, so nothing was sent. Other sources, another lock of the toolbox root or another key for signing make other images: use those of the addendum, or find out which of the two images is not sound.',
  },
  K042: {
    title: "An addendum's image is missing, and can't be built",
    text: 'Addenda are published where all their images are. This place has the release, but not an image that an addendum names, and the kernel is no longer in the lock, so it can no longer be built. Copy the release with its addenda from where they were first published, by `lockstep mirror`.',
  },
}
