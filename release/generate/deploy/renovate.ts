import type {GeneratedFile} from '../file.ts'
import {mark} from '../mark.ts'

/**
 * Hints for Renovate. It offers new versions of what `# renovate: …` comments in matrix/*.yaml name, and it must
 * not touch what is generated.
 */
export function renovateFile(): GeneratedFile {
  const config = {
    $schema: 'https://docs.renovatebot.com/renovate-schema.json',
    extends: ['config:recommended'],
    minimumReleaseAge: '7 days',
    ignorePaths: ['.github/**', 'charts/**', 'deploy/**', 'docs/**'],
    customManagers: [
      {
        customType: 'regex',
        managerFilePatterns: ['/^matrix/[^/]+\\.yaml$/'],
        matchStrings: [
          '#\\s*renovate:\\s*datasource=(?<datasource>\\S+)\\s+depName=(?<depName>\\S+)(?:\\s+versioning=(?<versioning>\\S+))?\\s*\\n\\s*(?:-\\s*)?(?:\\w+:\\s*)?[\'"]?(?<currentValue>[\\w.-]+)[\'"]?',
        ],
      },
      {
        customType: 'regex',
        managerFilePatterns: ['/^release/generate/workflows/actions\\.ts$/'],
        matchStrings: [
          "'(?<depName>[^']+)': \\{version: '(?<currentValue>[^']+)', commit: '(?<currentDigest>[0-9a-f]{40})'\\}",
        ],
        datasourceTemplate: 'github-tags',
      },
    ],
  }
  return {path: 'renovate.json5', text: `// ${mark()}\n${JSON.stringify(config, null, 2)}\n`}
}
