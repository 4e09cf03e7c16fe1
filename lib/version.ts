/** Put in by the bundler when a release is built. */
declare const RELEASE_VERSION: string | undefined

/** The release's version; `development` when run from source. */
export const version = typeof RELEASE_VERSION === 'string' ? RELEASE_VERSION : 'development'
