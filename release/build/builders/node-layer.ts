import {fail} from '#lib/diagnostics.ts'
import {untar} from '../../lib/untar.ts'
import type {Builder} from '../context.ts'
import {keepLayer} from '../layers.ts'

const strip = `
set -eu
mkdir -p /build/out
"$STRIP" -o /build/out/node /build/payload/bin/node
cp /build/payload/LICENSE /build/out/copyright
tar -c -C /build/out node copyright
`
const largest = 2 ** 29

/**
 * Node by itself, without the symbols that nothing in an image reads.
 * @throws B042 the package holds no Node that can be stripped
 */
export const buildNodeLayer: Builder<'node-layer'> = async ({arch, node}, _needed, artifact, context) => {
  const toolbox = await context.toolbox()
  const result = await toolbox.run(['sh', '-c', strip, 'strip'], {
    binds: [{from: await context.npmPackage(node), to: '/build/payload', readonly: true}],
    env: {STRIP: arch === 'arm64' ? 'aarch64-linux-gnu-strip' : 'strip'},
    maxOutput: largest,
  })
  if (result.code !== 0)
    fail({code: 'B042', message: `${artifact.title}, ${node.name}: ${result.stderr.toString().trim()}`})
  const made = new Map([...untar(result.stdout)].map(({path, data}) => [path, data]))
  const data = (name: string) => made.get(name) ?? Buffer.alloc(0)
  return keepLayer(
    [
      {type: 'file', path: 'usr/bin/node', mode: 0o755, data: data('node')},
      {type: 'file', path: 'usr/share/doc/nodejs/copyright', data: data('copyright')},
    ],
    context,
  )
}
