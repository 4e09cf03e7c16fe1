import {fail} from '#lib/diagnostics.ts'

const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
/** A repository's name by the distribution-spec ("Pulling manifests"). */
const repositoryName = new RegExp(`^${component}(?:/${component})*$`)

export function isRepositoryName(name: string): boolean {
  return repositoryName.test(name) && name.length <= 255
}

/** @throws R009 not a repository's name */
export function checkRepositoryName(name: string): string {
  if (isRepositoryName(name)) return name
  fail(
    {
      code: 'R009',
      message: `${JSON.stringify(name)} can't be a repository's name`,
      hint: 'lower case only, parts joined by "/"',
    },
    2,
  )
}
