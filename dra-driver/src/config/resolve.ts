/** Which parameters count for which device of a claim. */
import type {DeviceConfig as AllocatedConfig} from '../kube-types.ts'
import {type DeviceConfig, readConfig} from './device-config.ts'

export type Resolved = {
  /** For a result's request, as the allocation spells it: `request` or `request/subrequest`. */
  configOf(request: string): DeviceConfig
  /** Everything that is wrong, with its place. */
  problems: string[]
}

/**
 * An allocation lists classes' configs before the claim's own. A config without requests counts for all of them;
 * of several for one request each field is taken from the last that has it, so that a claim overrides its class
 * field by field. Other drivers' are theirs; ours are checked even where none of our devices uses them.
 * https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/resource-claim-v1/
 */
export function resolveConfigs(entries: readonly AllocatedConfig[], driver: string): Resolved {
  const ordered = [...entries.filter(isOfClass), ...entries.filter(one => !isOfClass(one))]
  const own = ordered
    .filter(one => one.opaque?.driver === driver)
    .map(entry => ({entry, ...readConfig(entry.opaque?.parameters)}))
  return {
    problems: own.flatMap(({entry, problems}) => problems.map(text => `${placeOf(entry, entries)} ${text}`)),
    configOf(request) {
      const base = request.split('/', 1)[0] ?? request
      const matching = own.filter(
        ({entry: {requests}}) => !requests?.length || requests.includes(request) || requests.includes(base),
      )
      return Object.assign({}, ...matching.map(({config}) => config))
    },
  }
}

const isOfClass = (entry: AllocatedConfig) => entry.source === 'FromClass'

/** Where a user finds it: the allocation copies the claim's own list, in its order. */
function placeOf(entry: AllocatedConfig, entries: readonly AllocatedConfig[]): string {
  if (isOfClass(entry)) {
    const requests = entry.requests?.length ? ` of request ${entry.requests.join(', ')}` : ''
    return `the DeviceClass${requests}: \`parameters\``
  }
  const index = entries.filter(one => !isOfClass(one)).indexOf(entry)
  return `the claim: \`spec.devices.config[${index}].opaque.parameters\``
}
