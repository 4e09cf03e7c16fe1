/** The problems that end the driver, or keep it from starting; what is wrong with a claim is told to kubelet. */
export const codes: Record<string, {title: string; text: string}> = {
  N001: {
    title: 'the driver has no such flag',
    text: 'A word on the command line is no flag of the driver. `--help` lists all flags and the environment variables that stand in for them. Nothing was started.',
  },
  N002: {
    title: "a flag's value cannot be",
    text: 'A flag, or the environment variable that stands in for it, has a value that the driver cannot use, or none at all. The message tells what would have been right. Where both are given the flag wins, so look there first.',
  },
  N003: {
    title: 'a flag is missing',
    text: 'Invented devices (`--source simulated`) come from a topology file, which `--topology` names. It has the format of the emulated device: `apiVersion: mock-accel/v1`, `kind: Topology`, and a list of `devices`.',
  },
  N010: {
    title: 'no service account',
    text: "Without --kubeconfig the driver signs in as its pod does, by the service account's token and certificate that Kubernetes puts into the container. They are missing: the program runs outside a cluster, or its pod has `automountServiceAccountToken: false`.",
  },
  N011: {
    title: 'the kubeconfig cannot be used',
    text: 'The file is missing, is no YAML, or its current context names a cluster or user that is not in it. Users that need another program to sign in (`exec`, `auth-provider`) are refused: give a token, a token file or a client certificate.',
  },
  N012: {
    title: 'Kubernetes is too old',
    text: 'The driver speaks resource.k8s.io/v1, which Kubernetes serves from 1.34 on. The message tells which versions of the group this API server has. An API server of 1.34 or newer can also have the group switched off by --runtime-config.',
  },
  N020: {
    title: "a socket's path would be too long",
    text: "Linux allows 107 bytes for the path of a Unix socket, and kubelet has to dial exactly the path that the driver made. With a deep --kubelet-root their names do not fit. Move kubelet's --root-dir to a shorter path, and give the same one to the driver.",
  },
  N021: {
    title: 'a socket cannot be made',
    text: "The driver makes one socket in kubelet's plugins_registry and one in its own folder under plugins. Both folders have to be mounted from the host at the same path as on the host, and writable.",
  },
  N022: {
    title: 'the port cannot be had',
    text: '/healthz, /readyz and /metrics are served on --http-address, health by gRPC on --healthcheck-port. Another program listens there already, or the address is not one of this machine. In a pod with host networking, give another port; `off` serves none.',
  },
  N030: {
    title: 'the topology cannot be read',
    text: 'The file that --topology names is missing or may not be read. While the driver runs it is read again with each scan: devices stay as they were while it is not readable.',
  },
  N031: {
    title: 'a device is on a NUMA node that is not described',
    text: 'A device of the topology has a `numa` that is not among the ids of the `numa` list. Add the node to the list, or correct the device.',
  },
}
