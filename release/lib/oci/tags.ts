import {fail} from '#lib/diagnostics.ts'
import type {Digest} from '../digest.ts'

/** @throws O010 always: what users may have pinned does not change under them */
export function refuseMove(repository: string, tag: string, from: Digest, to: Digest): never {
  fail({
    code: 'O010',
    message: `${repository}:${tag} is already ${from}; it will not be moved to ${to}`,
    expected: 'a version is published once',
    hint: 'release the change under a new version; `lockstep release verify` tells what differs',
  })
}

/** @throws O011 not a tag by the distribution-spec's grammar */
export function checkTag(tag: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(tag)) return tag
  fail({
    code: 'O011',
    message: `${JSON.stringify(tag)} can't be a tag`,
    expected: 'up to 128 letters, digits, ".", "_", "-", not beginning with "." or "-"',
  })
}
