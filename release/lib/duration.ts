const units: [ms: number, name: string][] = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1_000, 'second'],
]

/** `7 days`, `90 seconds`: in the largest unit that divides it. */
export function durationText(ms: number): string {
  const [size, name] = units.find(([unit]) => ms % unit === 0) ?? [1, 'millisecond']
  const count = ms / size
  return `${count} ${name}${count === 1 ? '' : 's'}`
}
