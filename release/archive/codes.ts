/** The long stories of this room's problems, for `lockstep explain CODE`. */
export const codes: Record<string, {title: string; text: string}> = {
  X010: {
    title: 'another toolbox root',
    text: 'dist/ was built in a toolbox root that testbed/toolbox/toolbox.lock.yaml of this checkout does not name, so the packages that would be archived are not those that were used. Check out the commit that was built, or build again.',
  },
  X011: {
    title: 'not the published release',
    text: 'Inputs hang on the release that was made from them. The registry has no such version, or another one than what lies in dist/.',
  },
  X012: {
    title: 'not the release’s commit',
    text: 'A release is made again from the commit that its provenance names, or else from that of the Git tag, and from nothing beside it: the checkout is another commit, or has changes. Clone the repository into a folder of its own, check out the commit, and run the command there.',
  },
  X013: {
    title: 'an input is gone',
    text: 'A package from which the release was made is not in the cache, not archived with the release, and no longer on the package mirror. Made from a successor it would differ, so it is not tried.',
  },
  X014: {
    title: 'made again, it differs',
    text: 'The release was made again from its commit, and something has other bytes than were published. The hint tells whether its inputs were the same by the provenance. If they were, making it depends on the machine, which is a fault worth a report; if they were not, the release was made from something else than it says. What holds a part that differs differs too, and is only listed.',
  },
  X015: {
    title: 'not the Node project’s program',
    text: 'Programs and images carry Node, which comes through packages of npm that somebody else than the Node project makes. The program in such a package was compared with the one in the archive that Node’s releasers have signed (release/archive/node-lock.ts), and is another. Do not run it, and do not ship it.',
  },
}
