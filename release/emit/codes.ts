/** Problems of emitting upgrades and of comparing values, for `lockstep explain`. */
export const codes: Record<string, {title: string; text: string}> = {
  J100: {
    title: 'The site is in no state of the plan',
    text: 'The next hop is found by comparing what the bindings’ files say with the states of the plan: before the first hop, and after each. The files are in none of them: somebody has moved something else meanwhile, or the plan was made from other versions. Nothing is emitted, since the plan proves nothing about such a state. Look with `lockstep status`, and plan again from there.',
  },
  J101: {
    title: 'No file tells whether a hop is done',
    text: 'A hop that moves only what no file of the bindings tells of leaves no trace in Git, so several states of the plan look the same. Look at the cluster and say it: --done N, the number of hops that are done.',
  },
  J102: {
    title: 'What was said of the hops is not so',
    text: '--done says how many hops are done where the files leave it open. They do not: by them the site stands elsewhere in the plan.',
  },
  J103: {
    title: 'A hop uninstalls or installs',
    text: 'A reinstallation is more than another version in a file: what the old version left behind is removed in between, and other hops may lie there too. That is done by the runbook; go on with --done afterwards.',
  },
  J104: {
    title: 'A hop stands in no file',
    text: 'The bindings name no file for what the hop moves, so there is nothing to commit. Bind it, if a file of the site tells of its version; else do the hop by the runbook and go on with --done.',
  },
  J105: {
    title: 'The hop before has to stand longer',
    text: 'The matrix asks for a time between the hop before and this one, in which its way back is still open and problems show. It is counted from the commit that brought the hop into the base branch.',
  },
  J106: {
    title: 'Nobody has said where versions stand',
    text: 'Commits and manifests are made for the files that the site’s bindings name, so bindings are needed.',
  },
  J107: {
    title: 'The gate is red',
    text: 'The command that was given with --gate ended with something else than 0, so the hop before counts as not verified. Mend what it complains of; the same command line emits the next hop when it is green.',
  },
  J108: {
    title: 'The branch of a hop has something else',
    text: 'A branch with the name of this hop is there, and its files are not those that the hop would have: it was edited, or is left over from another plan. It is never overwritten. Merge it or delete it.',
  },
  J109: {
    title: 'The plan is for another product',
    text: 'A plan is read together with the matrix that it was made from: what components are called, their known issues and their sources stand there. Name that matrix with --matrix, or by `uses` in the bindings.',
  },
  J110: {
    title: 'There is no plan',
    text: 'The first word after `upgrade emit` is the file of a plan, as `lockstep upgrade plan … -o json` writes it, or - for standard input.',
  },
  J111: {
    title: 'Not a parameter',
    text: 'Parameters of commands (namespaces, names of clusters and releases) belong to the site. They stand under `parameters` of its bindings, or are given as --parameter NAME=VALUE.',
  },
  J112: {
    title: 'Not a hop of the plan',
    text: 'Hops are numbered from 1; --done 0 is before the first.',
  },
  J114: {
    title: 'Hops are said to be done of nobody in particular',
    text: 'Each cluster of a fleet stands somewhere else, so --done says of which one it speaks: CLUSTER=N, with a name of the fleet. Without --fleet there is one site, and --done N is enough.',
  },
  J113: {
    title: 'A manifest lacks a parameter',
    text: 'Commands of a runbook can leave the names of clusters, namespaces and databases open, manifests cannot. Say each: --parameter NAME=VALUE, or under `parameters` of the bindings. COMPONENT.NAME is for one component alone.',
  },
  J120: {
    title: 'Nothing reads a value',
    text: 'The chart has no default for the key, no template names it, and its schema does not know it: Helm takes it without a word, or the schema refuses it, and nothing happens. Often it is misspelt, or stands one level too high or too deep.',
  },
  J121: {
    title: 'A value has another name now, or is gone',
    text: 'An earlier version of the chart read the key. Where the chart’s schema marks it as deprecated it is still taken, and that is a warning; where only the earlier chart (--from) knew it, nothing reads it any more.',
  },
  J122: {
    title: 'The chart refuses a value',
    text: 'By the chart’s schema the value has the wrong type or form, or it is no map where the chart’s defaults have one, which Helm ignores with a warning. Helm judges the values together with the chart’s defaults, and so does this.',
  },
  J123: {
    title: 'A value has to be given',
    text: 'The chart’s schema requires the key, and the chart has no default for it.',
  },
  J124: {
    title: 'A chart cannot be read',
    text: 'A chart is a folder with Chart.yaml, an archive that `helm package` made, or oci://REGISTRY/PATH/CHART:VERSION. Schemas that refer to other files are not fetched.',
  },
  J125: {
    title: 'Values that are no map',
    text: 'A file of values is a map: keys and what they are.',
  },
  J126: {
    title: '`values check` lacks something',
    text: 'It compares a file of values (--values) with a chart (--chart). An earlier version (--from) is another tag where the chart is in a registry, else a folder or an archive.',
  },
  J130: {
    title: 'A cluster is in a fleet twice',
    text: 'A cluster belongs to one wave; else nobody could tell which wave it holds back.',
  },
  J131: {
    title: 'A wave cannot begin yet',
    text: 'A wave begins when every cluster of the one before is at the end of the plan, has stood there for as long as the fleet asks, and a window is open. The same command line goes on when it is so.',
  },
  J132: {
    title: 'There is no fleet',
    text: 'The file that --fleet names is not there.',
  },
  J133: {
    title: 'A fleet needs a folder',
    text: 'Runbooks, manifests and workflows are written for every cluster of a fleet, below the folder that --out names.',
  },
}
