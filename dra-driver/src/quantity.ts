/**
 * A number of bytes in the one spelling that the API server keeps: the largest unit that divides it, binary if
 * 1024 does. Any other spelling would come back changed, and look like somebody's edit.
 */
export function quantity(bytes: bigint): string {
  if (bytes === 0n) return '0'
  const binary = largest(bytes, 1024n, ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'])
  return bytes % 1024n === 0n ? binary : largest(bytes, 1000n, ['', 'k', 'M', 'G', 'T', 'P', 'E'])
}

function largest(bytes: bigint, step: bigint, units: readonly string[]): string {
  let value = bytes
  let unit = 0
  while (value % step === 0n && unit < units.length - 1) {
    value /= step
    unit++
  }
  return `${value}${units[unit]}`
}
