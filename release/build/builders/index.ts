import type {Recipe} from '../../plan/plan.ts'
import type {Builder} from '../context.ts'
import {buildApplicationLayer} from './application-layer.ts'
import {buildBase} from './base.ts'
import {buildCertificate} from './certificate.ts'
import {buildChart} from './chart.ts'
import {buildChecksums} from './checksums.ts'
import {buildDebianLayer} from './debian-layer.ts'
import {buildKmodImage} from './kmod-image.ts'
import {buildLists} from './lists.ts'
import {buildManifests} from './manifests.ts'
import {buildModule} from './module.ts'
import {buildNodeExecutable} from './node-executable.ts'
import {buildNodeImage} from './node-image.ts'
import {buildNodeLayer} from './node-layer.ts'
import {buildNotes} from './notes.ts'
import {buildRelease} from './release.ts'
import {buildSbom} from './sbom.ts'
import {buildSource} from './source.ts'

/** How each kind of artifact is made: a new kind is a file here, a recipe in release/plan and a line below. */
export const builders: {[K in Recipe['kind']]: Builder<K>} = {
  base: buildBase,
  module: buildModule,
  'kmod-image': buildKmodImage,
  certificate: buildCertificate,
  chart: buildChart,
  manifests: buildManifests,
  source: buildSource,
  'node-executable': buildNodeExecutable,
  'debian-layer': buildDebianLayer,
  'node-layer': buildNodeLayer,
  'application-layer': buildApplicationLayer,
  'node-image': buildNodeImage,
  lists: buildLists,
  sbom: buildSbom,
  notes: buildNotes,
  checksums: buildChecksums,
  release: buildRelease,
}
