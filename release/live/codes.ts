/** Problems with what live clusters and nodes are asked for (Z130 on), for `lockstep explain`. */
export const codes: Record<string, {title: string; text: string}> = {
  Z130: {
    title: 'No facts of a node',
    text: 'A file or log was named as the facts of a node, yet does not hold the whole output of the script: it begins with `facts 1` and ends with `end`. `lockstep doctor node --job` prints a Job that runs the script; its log, read with kubectl logs after it has completed, is what --facts takes.',
  },
  Z131: {
    title: 'An object of the cluster cannot be told',
    text: 'A binding names a live object as PLURAL/NAME or PLURAL.GROUP/NAMESPACE/NAME and a field in it. Either the cluster serves no such resource, or it has no such object, or the object has no such field. The message tells which; `kubectl get` takes the same names.',
  },
  Z132: {
    title: 'A node could not be asked',
    text: 'The script that tells a node’s facts could not be run there: its shell, or ssh, ended with an error, whose words are shown. Try the same login by hand. Without a login, `lockstep doctor node --job NODE` prints a Job that does the same.',
  },
}
