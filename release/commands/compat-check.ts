import {placeText} from '#lib/render-diagnostics.ts'
import {type Answer, check, type Given, type Reason} from '../matrix/compat/index.ts'
import type {Run} from './command.ts'
import {givenOf} from './compat-given.ts'
import {type Paint, paragraph, print} from './output.ts'
import {loadMatrixPlaces} from './workspace.ts'

/** 0 only for a yes: a gate must not take silence for consent. */
export const run: Run = async (args, context) => {
  const {matrix, source} = await loadMatrixPlaces(context)
  const given = givenOf(matrix, args.words, args.list('set'))
  const answer = check(matrix, given, source)
  print(context, {given, ...answer}, paint => answerText(given, answer, paint, context.width ?? 80))
  return answer.answer === 'yes' ? 0 : 1
}

const tones = {yes: 'green', no: 'red', unknown: 'yellow'} as const
const marks: Record<Reason['verdict'], string> = {holds: '✔', broken: '✖', unknown: '?', unmet: '…'}

function answerText(given: Given, found: Answer, paint: Paint, width: number): string {
  const asked = Object.entries({...found.assumed, ...given.versions}).map(([name, v]) => `${name} ${v}`)
  const head = `${paint([tones[found.answer], 'bold'], found.answer)} (${found.level}): ${asked.join(', ')}\n`
  const items = [
    ...found.because.map(r => reasonText(r, paint, width)),
    ...found.refused.map(r => item('?', `${r.component} ${r.version}: ${r.why}`, width)),
    ...found.uncovered.map(u => item('?', `${u.component} ${u.version}: ${u.why}`, width)),
    ...found.alsoNeeds.map(({rule, anyOf}) => {
      const ways = anyOf.map(n => `${n.component} ${n.range}`)
      return item('…', `also needed: ${ways.join(', or ')} (rule ${rule})`, width)
    }),
    ...found.notes.map(note => item('!', note, width)),
  ]
  return `${head}\n${items.join('')}`
}

function reasonText({verdict, rule, level, text, place}: Reason, paint: Paint, width: number): string {
  const where = place ? `, ${placeText(place)}` : ''
  const head = `${marks[verdict]} ${paint('bold', rule)} ${verdict} (${level}${where})\n`
  return `${head}${paragraph(text, {width, indent: 4})}`
}

function item(mark: string, text: string, width: number): string {
  return `${mark} ${paragraph(text, {width, indent: 2}).slice(2)}`
}
