/** A release's version as people say it: `0.2.0`, or `v0.2.0` as its tag is called. Empty when nothing was said. */
export function versionOf(word: string | undefined): string {
  return (word ?? '').replace(/^v(?=\d)/, '')
}
