import type {GeneratedFile} from '../file.ts'
import {mark} from '../mark.ts'

/**
 * Hints for Renovate. It offers new versions of what `# renovate: …` comments in matrix/*.yaml name, and it must
 * not touch what is generated.
 */
export function renovateFile(): GeneratedFile {
  const config = {
    $schema: 'https://docs.renovatebot.com/renovate-schema.json',
    extends: ['config:recommended', 'helpers:pinGitHubActionDigests'],
    minimumReleaseAge: '7 days',
    ignorePaths: ['charts/**', 'deploy/**', 'docs/**'],
    customManagers: [
      {
        customType: 'regex',
        managerFilePatterns: ['/^matrix/[^/]+\\.yaml$/'],
        matchStrings: [
          '#\\s*renovate:\\s*datasource=(?<datasource>\\S+)\\s+depName=(?<depName>\\S+)(?:\\s+versioning=(?<versioning>\\S+))?\\s*\\n\\s*(?:-\\s*)?(?:\\w+:\\s*)?[\'"]?(?<currentValue>[\\w.-]+)[\'"]?',
        ],
      },
    ],
  }
  return {path: 'renovate.json5', text: `// ${mark()}\n${JSON.stringify(config, null, 2)}\n`}
}
