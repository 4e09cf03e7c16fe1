/** Problems of upgrade requests, for `lockstep explain`. */
export const codes: Record<string, {title: string; text: string}> = {
  J001: {
    title: 'Unknown component in an upgrade request',
    text: 'The request names a component that the matrix does not have. Names are those of the matrix; one of several instances is written component@instance, such as kubelet@pool-a. `lockstep compat` lists what the matrix has.',
  },
  J002: {
    title: 'The current version cannot be read',
    text: 'What runs today has to be one exact version in the words of the component’s scheme, such as 1.36 for Kubernetes or 0.2.0 for a chart. A leading v and build metadata are taken off.',
  },
  J003: {
    title: 'The wanted version is no range',
    text: 'Where to go is a version or a range of the matrix language: 1.36, >=1.35 <1.37, 1.x. A space means and, || means or.',
  },
  J004: {
    title: 'No version is in the wanted range',
    text: 'The matrix lists no released version within the range that is wanted. Versions that are planned, withdrawn, or released after the day of the question do not count. An exact version may be wanted without being listed, or before it is released, but not once it was withdrawn.',
  },
  J005: {
    title: 'A group stands at different versions',
    text: 'Components of one group move together, so a plan needs them at one version, and brings them to one. Bring the ones that lag behind to the others’ version first, in the group’s order.',
  },
  J006: {
    title: 'Wanted, but the current version is not known',
    text: 'A plan starts from what runs. Say it with NAME=CURRENT..WANTED, or leave the component out.',
  },
  J007: {
    title: 'There is no valid way',
    text: 'Every sequence of steps from the current to the wanted versions passes a state that a rule forbids, or needs a step that a transition or a policy forbids. The conflict that is shown is irreducible: without any one of its parts the others would leave a way. What alone frees a way is listed apart, and so are the nearest versions that there is a way to with all other wishes unchanged. Nothing is planned half.',
  },
  J008: {
    title: 'The current versions break a rule',
    text: 'A plan promises that every state between two steps is valid, and the first one is not. Mend that first, or say the values of the installation with --set if the rule depends on them.',
  },
  J009: {
    title: 'The search was given up',
    text: 'The part of the matrix that is concerned is too dense to be searched to the end, and no way was found within the limit. That there is none is not proven. Want less at once: upgrade one component, then plan the rest.',
  },
  J010: {
    title: 'Not a word of an upgrade request',
    text: 'The versions of a request are written NAME=CURRENT for what runs and may stay, and NAME=CURRENT..WANTED for what shall move.',
  },
  J011: {
    title: 'Not an upgrade plan',
    text: 'The file is not what `lockstep upgrade plan … -o json` writes: no JSON, another kind of document, or one of another version of the format. Keys that this version does not know are kept; ones that it stands on have to be there.',
  },
  J012: {
    title: 'The hops of a plan are out of order',
    text: 'Hops are numbered from 1 without gaps, and each begins where the one before it ended. A plan is computed as a whole and proven valid in every state between; edited by hand it is proven no longer. Plan again with other wishes instead.',
  },
  J013: {
    title: 'No such risk',
    text: 'A risk to refuse is named as a transition of the matrix names it, or * for all. A name that no transition has would refuse nothing, and the step that you wanted to avoid would be taken.',
  },
  J014: {
    title: 'No such procedure',
    text: 'A procedure to go by is named by its id in the matrix, such as mock-device-manual. Those for a way of installing and for particular sites get into a plan by this only; all others are chosen by what moves.',
  },
  J020: {
    title: 'A bound field is not there',
    text: 'The bindings say that a version stands at a path of a file, and there is nothing at that path. Paths of YAML and JSON are keys joined by dots, with [0] for entries of lists; in Terraform files it is the name of an attribute that stands in the file once.',
  },
  J021: {
    title: 'A bound field is not one version',
    text: 'What stands at the path is a list or a mapping, or an attribute that a Terraform file has more than once. Bind the one field that the version is taken from.',
  },
  J022: {
    title: 'The bindings name an unknown component',
    text: 'Bindings speak of the components of a matrix. `--matrix` says which one, else `uses` of the bindings does.',
  },
  J023: {
    title: 'A bound file is missing',
    text: 'Files of bindings are relative to the bindings file. The file is not there, or was not there in the commit that is compared.',
  },
  J024: {
    title: 'A bound field has another version than the plan says',
    text: 'A field is edited only where the version that the plan starts from stands in it exactly once, as a whole: 1.34 is not replaced within 1.34.2. The site has moved since the plan was made, or the field holds something else. Read the versions again with `lockstep status`, and plan from them.',
  },
  J025: {
    title: 'A bound field cannot be edited in place',
    text: 'The field pins a digest beside the version, which would then belong to another version; or it is an alias or a block of YAML. Bind the field in which the version itself stands.',
  },
  J030: {
    title: 'A change breaks a rule',
    text: 'After the change the versions of the site do not work together by the matrix. The message has the rule with its source; the place is the field that was changed. `lockstep upgrade plan` finds an order in which everything can move.',
  },
  J031: {
    title: 'A change takes too long a step',
    text: 'No transition of the matrix allows this move in one step: it skips a version that has to be passed, or goes down where nothing allows it. The hint has the stops on the way. A step is a commit of its own, and waits until the one before it is done.',
  },
  J032: {
    title: 'A change cannot be undone',
    text: 'The matrix knows no way back from this move. That is a warning: it may be right, but somebody should have decided it, and a backup should be there.',
  },
  J033: {
    title: 'A change has a known risk',
    text: 'The matrix names a risk of this move. A risk whose facts are not known counts as present; say them with --fact.',
  },
  J034: {
    title: 'A change moves several things at once that have an order',
    text: 'A commit is applied by Argo CD, Flux or people in no particular order, so in between any of its versions may run with any other. Some of those states are not valid. Make one commit for each step, in the order that is shown.',
  },
  J040: {
    title: 'A time that cannot be read',
    text: 'Days are written 2026-11-28, instants 2026-11-28T22:00 (UTC), durations 30m, 6h or 7d. A window is DAYS FROM-TO [ZONE]: days as Sat, Mon-Fri, Tue,Thu or *, a zone of the IANA database, UTC if none is given; a window that ends at or before its beginning ends on the next day.',
  },
}
