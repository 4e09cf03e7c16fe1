/** The problems of the tool itself; what a driver does wrong is a scenario's result, not one of these. */
export const codes: Record<string, {title: string; text: string}> = {
  F001: {
    title: 'an option is wrong or missing',
    text: 'dra-sanity was called with an option it does not know, without one it needs, or with a value that cannot be. Nothing was tried. `dra-sanity --help` lists all options.',
  },
  F002: {
    title: 'no such scenario',
    text: 'A name given to --scenario or --allow-skip is not in the table. `dra-sanity --list` prints every scenario with the line of the contract that it holds the driver to.',
  },
  F010: {
    title: 'the API server refused or could not be asked',
    text: 'dra-sanity makes allocated ResourceClaims the way the scheduler does, so it has to list ResourceSlices and to create, update and delete ResourceClaims in its namespace. The message tells which request failed and what the server said. This says nothing about the driver.',
  },
  F011: {
    title: 'the kubeconfig cannot be used',
    text: 'The file given to --kubeconfig is missing, is no YAML, or its current context asks for a way of signing in that dra-sanity does not know: it takes tokens, token files and client certificates. Make a token with `kubectl create token` for a test, or point to another context.',
  },
  F012: {
    title: 'no free device',
    text: 'A scenario needs claims, and every device in the ResourceSlices of the driver is allocated already, or the driver publishes none for the node. Give the driver more devices, end the pods that hold them, or check --node-name.',
  },
  F013: {
    title: 'this is no pod with an account',
    text: 'With --in-cluster, dra-sanity finds the API server and its own rights as Kubernetes gives them to every pod: two environment variables, and a token and an authority below /var/run/secrets/kubernetes.io/serviceaccount. Outside a pod, or where automountServiceAccountToken is false, there is none of it: give a --kubeconfig.',
  },
  F020: {
    title: 'a command that dra-sanity was told to run failed',
    text: 'A --command, --restart-command, --second-command or --fault-command ended with an error. The message quotes its last words. The plugin may now be down; the scenarios after this one will tell.',
  },
}
