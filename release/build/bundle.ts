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
