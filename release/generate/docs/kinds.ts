/**
 * Kinds of change, in the order in which a changelog has them.
 * @see https://keepachangelog.com/en/1.1.0/
 */
export const kinds = ['added', 'changed', 'deprecated', 'removed', 'fixed', 'security'] as const
