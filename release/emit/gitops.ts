import {toYaml} from '#lib/yaml-out.ts'
import {blocks, bullets, code, numbered, section, table} from '../generate/docs/markdown.ts'
import {durationText} from '../lib/duration.ts'
import type {Hop} from '../upgrade/plan.ts'
import {applicationSetting, hopObjects, rootApplication} from './argocd.ts'
import {fluxHop, rootKustomization} from './flux.ts'
import {backWord, hopName} from './hop-text.ts'
import {runnerOf} from './jobs.ts'
import {type HopStages, type KubeObject, needSaid, stagesOf} from './stages.ts'
import type {Given} from './tasks.ts'
import {inWords} from './variables.ts'

export type EmittedFile = {readonly path: string; readonly text: string}

/** Where the emitted folder will lie, so that manifests can point to it; parameters of the site. */
type Place = {repository: string; revision: string; path: string; source: string}

function placeOf({parameters, plan}: Given): Place {
  return {
    repository: parameters['upgrade-repository'] ?? 'https://git.example.com/site.git',
    revision: parameters['upgrade-revision'] ?? 'main',
    path: parameters['upgrade-path'] ?? `upgrades/${plan.product}`,
    source: parameters['upgrade-source'] ?? 'flux-system',
  }
}

/**
 * A plan as a folder for Argo CD or Flux: one folder for each hop, whose objects wait for each other, and a root that points
 * to the hop that is under way. Moving the root to the next hop is the one commit that a hop needs; the root's health is the
 * gate of the next.
 * @param current the hop that the root points to
 * @param read the site's own files, by the paths of its bindings
 * @throws DiagnosticError J113 parameters that nobody has said, J020 to J025 of the site's files
 */
export function gitopsFiles(
  engine: 'argocd' | 'flux',
  given: Given,
  current: Hop,
  read: (file: string) => string | undefined,
): EmittedFile[] {
  const place = placeOf(given)
  const name = `upgrade-${given.plan.product}`
  const hops = given.plan.hops.flatMap(hop => stagesOf(hop, given, engine, read))
  needSaid(hops.filter(({byHand}) => byHand.length === 0))
  const files = hops.flatMap(hop => (hop.byHand.length > 0 ? [] : hopFiles(engine, hop, name, place, given)))
  const path = `${place.path}/${folderOf(current)}`
  const root =
    engine === 'argocd'
      ? rootApplication(name, {...place, path})
      : rootKustomization(name, {name: place.source, path})
  return [
    {path: 'README.md', text: readme(engine, hops, current, given)},
    ...(engine === 'argocd' ? [yamlFile('argocd-cm.yaml', [applicationSetting])] : []),
    yamlFile('root.yaml', [root]),
    ...files,
  ]
}

function hopFiles(
  engine: 'argocd' | 'flux',
  hop: HopStages,
  name: string,
  place: Place,
  given: Given,
): EmittedFile[] {
  const runner = runnerOf(given)
  const folder = folderOf(hop.tasks.hop)
  if (engine === 'argocd') return [yamlFile(`${folder}/hop.yaml`, hopObjects(hop, name, runner))]
  const source = {name: place.source, path: place.path}
  const {chain, stages} = fluxHop(hop, {name, folder, source, runner})
  return [
    yamlFile(`${folder}/kustomization.yaml`, [kustomize(['stages.yaml'])]),
    yamlFile(`${folder}/stages.yaml`, chain),
    ...stages.map(stage => yamlFile(`${folder}/${stage.folder}/objects.yaml`, stage.objects)),
  ]
}

/** Without it Flux would take the folders of the stages for the hop's own objects. */
function kustomize(resources: string[]): object {
  return {apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', resources}
}

export function folderOf({number, component, instance, to}: Hop): string {
  const what = [component, instance, to].filter(Boolean).join('-')
  return `hops/${String(number).padStart(2, '0')}-${what}`
}

function yamlFile(path: string, objects: readonly (KubeObject | object)[]): EmittedFile {
  return {path, text: objects.map(object => toYaml(object)).join('---\n')}
}

const engines = {argocd: 'Argo CD', flux: 'Flux'} as const

function readme(engine: 'argocd' | 'flux', hops: readonly HopStages[], current: Hop, given: Given): string {
  const {matrix, plan} = given
  const rows = hops.map(({tasks: {hop}, byHand}) => [
    String(hop.number),
    hopName(hop, matrix),
    hop.disruption,
    backWord(hop),
    byHand.length > 0 ? 'by hand' : code(folderOf(hop)),
  ])
  const gate = {
    argocd: 'the Application is Synced and Healthy',
    flux: 'the Kustomization and all of its stages are Ready',
  }[engine]
  const text = blocks(
    `# ${matrix.product.title}: an upgrade for ${engines[engine]}`,
    `Planned on ${plan.now}. Every state between two hops is valid by the matrix, so the hops are done in this order and one at a time.`,
    table(['Hop', 'What', 'Disruption', 'Way back', 'Where'], rows),
    section(
      2,
      'How',
      numbered([
        `Commit this folder where ${code('root.yaml')} says that it is.${engine === 'argocd' ? ` Merge ${code('argocd-cm.yaml')} into Argo CD’s own ConfigMap first: without it, waves do not wait for Applications.` : ''}`,
        `Look at what is told below of hop ${current.number}, and apply ${code('root.yaml')}.`,
        `When ${gate}, and a person has looked at what no machine can judge, the hop is done.`,
        `Emit again with ${code('--hop')} and the next number, commit what changed (the path in ${code('root.yaml')}), and so on.`,
      ]),
    ),
    section(2, 'Done by a person', persons(hops, given)),
    section(2, 'Taken from your own files', owned(hops)),
    section(2, 'Values of your own', ownValues(engine, hops)),
    section(
      2,
      'What the cluster needs',
      `The namespace ${code(runnerOf(given).namespace)} with the ServiceAccount ${code(runnerOf(given).serviceAccount)}, which may do what the steps do; and the image ${code(runnerOf(given).image)} with the programs that they call. The parameters ${code('upgrade-namespace')}, ${code('upgrade-service-account')} and ${code('upgrade-image')} name others. Passwords do not belong in manifests: say ${code("--parameter 'uri=$URI'")}, and let the Secret ${code(`upgrade-${given.plan.product}`)} of that namespace have ${code('URI')}. Jobs that failed are deleted by hand before they run again. Going back is in the runbook: ${code('upgrade emit PLAN --to runbook')}.`,
    ),
  )
  return `${text}\n`
}

function persons(hops: readonly HopStages[], {plan}: Given): string {
  return bullets(
    hops.flatMap(({tasks: {hop}, byHand, toLookAt}) => [
      ...(byHand.length > 0
        ? [
            `**Hop ${hop.number}** as a whole, by ${code(`upgrade emit PLAN --to runbook --hop ${hop.number}`)}, since no manifest can: ${byHand.join('; ')}`,
          ]
        : toLookAt.map(
            ({id, step}) =>
              `**${id}** ${step.title}${step.expect === undefined ? '' : ` Expect: ${step.expect}.`}`,
          )),
      ...hop.checks.map(check => `Before hop ${hop.number} it must hold: ${check}.`),
      ...(hop.soak?.min !== undefined && hop.number < plan.hops.length
        ? [`Hop ${hop.number} stands for ${durationText(hop.soak.min)} before the next.`]
        : []),
      ...(hop.soak?.max !== undefined && hop.number < plan.hops.length
        ? [`The next hop begins within ${durationText(hop.soak.max)} after hop ${hop.number}.`]
        : []),
    ]),
  )
}

/** No plan knows them, and a release that is raised without them goes back to the chart's defaults. */
function ownValues(engine: 'argocd' | 'flux', hops: readonly HopStages[]): string {
  const places = hops.flatMap(({tasks: {hop, scope}, stages}) =>
    stages.flatMap(({units}) =>
      units.flatMap(unit => {
        if (unit.kind !== 'chart') return []
        const release = inWords(unit.release, scope)
        const where =
          engine === 'flux'
            ? `the ConfigMap ${code(`${release}-values`)} of flux-system, under ${code('values.yaml')}`
            : `${code('valuesObject')} of the Application ${code(release)}`
        return [`Hop ${hop.number}, ${code(unit.chart)}: ${where}`]
      }),
    ),
  )
  if (places.length === 0) return ''
  return blocks(
    'These releases are described with the values of the plan and no others. What yours are set to beyond the defaults of their charts is lost unless you put it there before you commit:',
    bullets(places),
  )
}

function owned(hops: readonly HopStages[]): string {
  const units = hops.flatMap(({tasks: {hop}, stages}) =>
    stages.flatMap(({units}) => units.flatMap(unit => (unit.kind === 'own' ? [{hop, unit}] : []))),
  )
  if (units.length === 0) return ''
  return blocks(
    'These objects lie in your repository already. Two owners would take turns: suspend the one that applies the file, or do these hops by `upgrade emit --to git`, which edits the file itself.',
    bullets(
      units.map(
        ({hop, unit}) =>
          `Hop ${hop.number}: ${unit.object.kind} ${code(unit.object.metadata.name)} (${unit.task.edits.map(e => code(e.file)).join(', ')})`,
      ),
    ),
  )
}
