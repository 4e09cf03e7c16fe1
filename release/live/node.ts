import {fail} from '#lib/diagnostics.ts'

/** Only the node itself knows this; the API does not tell. Undefined is what it did not tell. */
export type NodeReport = {
  readonly kernel: string | undefined
  /** `absent`: the kernel has no SELinux. */
  readonly selinux: 'enforcing' | 'permissive' | 'absent' | undefined
  readonly runtimes: readonly {readonly name: string; readonly version: string | undefined}[]
  /** Lines of the runtimes' configuration about CDI and the default runtime. */
  readonly configuration: readonly string[]
  readonly modules: readonly string[]
  /** Names below /sys/class/mock-accel. */
  readonly devices: readonly string[]
  /** Folders of kubelet's root that are there. */
  readonly folders: readonly string[]
  /** Sockets in kubelet's folder of registrations. */
  readonly sockets: readonly string[]
  readonly cdiFolders: readonly string[]
}

/**
 * A POSIX shell script that tells a node's facts, one a line, and changes nothing. Of configuration files it prints only
 * the lines that are judged, since the others may hold credentials. ROOT is where the node's own files are seen,
 * KUBELET_ROOT kubelet's folder.
 */
export const nodeScript = `set -u
root=\${ROOT:-}
kubelet=\${KUBELET_ROOT:-/var/lib/kubelet}
echo "facts 1"
echo "kernel $(uname -r)"
if [ -r "$root/sys/fs/selinux/enforce" ]; then
  if [ "$(cat "$root/sys/fs/selinux/enforce")" = 1 ]; then echo "selinux enforcing"; else echo "selinux permissive"; fi
elif [ -d "$root/sys/fs" ]; then echo "selinux absent"
fi
for name in containerd crio; do
  [ -S "$root/run/$name/$name.sock" ] || [ -S "$root/var/run/$name/$name.sock" ] || continue
  version=
  for file in "$root/usr/bin/$name" "$root/usr/local/bin/$name" "$root/bin/$name"; do
    [ -x "$file" ] && version=$("$file" --version 2>/dev/null | head -n 1) && break
  done
  echo "runtime $name $version"
done
for file in "$root"/etc/containerd/config.toml "$root"/etc/containerd/conf.d/*.toml "$root"/etc/crio/crio.conf "$root"/etc/crio/crio.conf.d/*; do
  [ -r "$file" ] && grep -E '^[[:space:]]*(enable_cdi|cdi_spec_dirs|default_runtime_name|default_runtime)[[:space:]]*=' "$file" | sed 's/^[[:space:]]*/configuration /'
done
if [ -r "$root/proc/modules" ]; then
  echo "modules read"
  grep '^mock_accel ' "$root/proc/modules" | sed 's/ .*//; s/^/module /'
fi
for device in "$root"/sys/class/mock-accel/*; do [ -e "$device" ] && echo "device \${device##*/}"; done
if [ -d "$root$kubelet" ]; then
  echo "folder ."
  for name in plugins plugins_registry; do [ -d "$root$kubelet/$name" ] && echo "folder $name"; done
  for socket in "$root$kubelet"/plugins_registry/*; do [ -S "$socket" ] && echo "socket \${socket##*/}"; done
fi
[ -d "$root/etc/cdi" ] && echo "cdi /etc/cdi"
# /var/run is a link to /run, which from within a pod is the pod's own.
{ [ -d "$root/run/cdi" ] || [ -d "$root/var/run/cdi" ]; } && echo "cdi /var/run/cdi"
echo "end"
`

/**
 * Reads what {@link nodeScript} printed; lines before and after it, as logs have them, do not count.
 * @throws DiagnosticError Z130 exit 2: it is something else, or its end is missing
 */
export function parseNodeFacts(text: string, from: string): NodeReport {
  const lines = text.split(/\r?\n/)
  const start = lines.indexOf('facts 1')
  const end = lines.indexOf('end', start)
  if (start === -1 || end === -1)
    fail(
      {
        code: 'Z130',
        message: `${from} holds no facts of a node${start === -1 ? '' : ': its end is missing'}`,
        expected: 'the whole output of the script, from `facts 1` to `end`',
        hint: 'lockstep doctor node --job prints a Job whose log it is',
      },
      2,
    )
  const told = lines.slice(start, end)
  const all = (key: string) =>
    told.flatMap(line => (line.startsWith(`${key} `) ? [line.slice(key.length + 1).trim()] : []))
  const [kernel] = all('kernel')
  const [selinux] = all('selinux')
  return {
    kernel,
    selinux:
      selinux === 'enforcing' || selinux === 'permissive' || selinux === 'absent' ? selinux : undefined,
    runtimes: all('runtime').map(runtime => {
      const [name = '', ...words] = runtime.split(' ')
      return {name, version: /(\d+\.\d+\.\d+)/.exec(words.join(' '))?.[1]}
    }),
    configuration: all('configuration'),
    modules: [...all('modules'), ...all('module')],
    devices: all('device'),
    folders: all('folder'),
    sockets: all('socket'),
    cdiFolders: all('cdi'),
  }
}
