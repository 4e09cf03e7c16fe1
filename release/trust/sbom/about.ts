/** What every bill of materials of a release says of itself. */
export type About = {
  product: string
  repositoryUrl: string
  /** Seconds since 1970: the release's, not the clock's. */
  epoch: number
}

export function timeOf({epoch}: About): string {
  return new Date(epoch * 1000).toISOString().replace('.000Z', 'Z')
}
