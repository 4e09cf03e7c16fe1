import type {Version} from '../lib/versions.ts'

/** Between uninstalling one version and installing another; comes before all versions. */
export const absent: Version = {text: 'absent', numbers: [-1], prerelease: []}
