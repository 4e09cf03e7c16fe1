import {fail} from '#lib/diagnostics.ts'
import type {ExecResult} from '../lib/effects.ts'

/**
 * Shell lines for the toolbox root: the tree that comes in as a tar, bundled from `$entry` into `$bundle`. One CommonJS
 * file, since that is what Node takes in a single executable, and for images the same. A bundle does not know that it is
 * the main module. `RELEASE_VERSION` is a constant of it (lib/version.ts); `$BANNER`, when set, is its first line.
 */
export const bundleLines = `
mkdir -p /build/out
cd /build/src
tar -x
echo '{"type": "module", "imports": {"#lib/*": "./lib/*"}}' > package.json
/build/bundler/bin/esbuild "$entry" --bundle --platform=node --target=node24 --format=cjs "--outfile=$bundle" \\
  --log-level=error --log-override:empty-import-meta=silent --define:import.meta.dirname=__dirname \\
  --define:import.meta.main=false "--define:RELEASE_VERSION=\\"$version\\"" \${BANNER:+"--banner:js=$BANNER"}
`

/** @throws B040 with the last that the failed command said */
export function failedProgram({title}: {title: string}, {stderr}: Pick<ExecResult, 'stderr'>): never {
  fail({
    code: 'B040',
    message: `${title} can't be made:\n${stderr.toString().trimEnd().split('\n').slice(-30).join('\n')}`,
    hint: 'an import that is not found may be a package that the component’s descriptor does not list',
  })
}
