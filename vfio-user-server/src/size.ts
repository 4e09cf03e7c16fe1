const units: Readonly<Record<string, bigint>> = {
  '': 1n,
  Ki: 1n << 10n,
  Mi: 1n << 20n,
  Gi: 1n << 30n,
  Ti: 1n << 40n,
}

/** Bytes of a text such as `16Gi` or `1048576`; undefined when it is no size, or none that 64 bits hold. */
export function parseSize(text: string): bigint | undefined {
  const [, digits = '', unit = ''] = /^(\d{1,20})(Ki|Mi|Gi|Ti)?$/.exec(text) ?? []
  if (digits === '') return undefined
  const bytes = BigInt(digits) * (units[unit] ?? 1n)
  return bytes < 1n << 64n ? bytes : undefined
}

/** The shortest text that `parseSize` reads as this many bytes. */
export function formatSize(bytes: bigint): string {
  const [unit, size] = Object.entries(units).findLast(([, one]) => bytes > 0n && bytes % one === 0n) ?? [
    '',
    1n,
  ]
  return `${bytes / size}${unit}`
}
