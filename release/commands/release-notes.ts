import {fail} from '#lib/diagnostics.ts'
import type {Run} from './command.ts'
import {generatedFiles} from './generated.ts'
import {print} from './output.ts'
import {versionOf} from './version-word.ts'
import {loadWorkspace} from './workspace.ts'

export const run: Run = async ({words}, context) => {
  const workspace = await loadWorkspace(context)
  const version = versionOf(words[0]) || (workspace.matrix.release?.version ?? 'none')
  const path = `docs/release-notes/v${version}.md`
  const found = (await generatedFiles(workspace)).find(f => f.path === path)
  if (!found)
    fail({
      code: 'C011',
      message: `there are no release notes of ${version}`,
      expected: `one of ${workspace.changes.map(c => c.version).join(', ')}`,
      hint: `write matrix/changes/${version}.yaml`,
    })
  print(context, {version, path, text: found.text}, () => found.text)
  return 0
}
