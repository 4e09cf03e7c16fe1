import {listAt} from '../../lib/fields.ts'
import type {ActionOf, Kind} from './action.ts'
import {type Answer, jsonOf} from './call.ts'
import {remark} from './shell.ts'

export const http: Kind<ActionOf<'http'>> = {
  twice: () => 'harmless',
  gate: () => true,
  look: ({url}) => [{url}],
  judge: ({status}, [answer]) => {
    const saw = answer?.code ? `status ${answer.code}` : (answer?.stderr ?? 'nobody asked')
    return {state: answer?.code === status ? 'applied' : 'in-progress', saw}
  },
  act: () => [],
}

export const promql: Kind<ActionOf<'promql'>> = {
  twice: () => 'harmless',
  gate: () => true,
  look: ({server, query}) => [
    {url: `${server.replace(/\/$/, '')}/api/v1/query?query=${encodeURIComponent(query)}`},
  ],
  judge: ({holds}, [answer]) => {
    const samples = samplesOf(answer)
    // No sample is no proof: the metric may not be scraped, or not yet.
    if (samples.length === 0) return {state: 'in-progress', saw: 'no sample'}
    const bad = samples.filter(sample => !compares(sample, holds))
    return bad.length === 0
      ? {state: 'applied', saw: `${samples.length} samples ${holds}`}
      : {state: 'in-progress', saw: `${bad.join(', ')} is not ${holds}`}
  },
  act: () => [],
}

export const notify: Kind<ActionOf<'notify'>> = {
  twice: () => 'harmless',
  look: () => [],
  judge: () => ({state: 'not-started', saw: 'not yet told by this run'}),
  act: ({url, message}) =>
    url === undefined ? [] : [{url, method: 'POST' as const, body: JSON.stringify({text: message})}],
  verdict: (_, [answer]) =>
    answer === undefined || (answer.code >= 200 && answer.code < 300)
      ? {state: 'applied', saw: 'told'}
      : {state: 'failed', saw: `status ${answer.code}`},
  script: ({message}) => [remark(`tell: ${message}`)],
}

/** The run asks a person; there is nothing to look at. */
export const approve: Kind<ActionOf<'approve'>> = {
  twice: () => 'harmless',
  look: () => [],
  judge: () => ({state: 'not-started', saw: 'nobody has said yes'}),
  act: () => [],
}

/** https://prometheus.io/docs/prometheus/latest/querying/api/: vectors and scalars, each with its value as text. */
function samplesOf(answer: Answer | undefined): number[] {
  const data = answer?.code === 200 ? jsonOf({...answer, code: 0}) : undefined
  const result = listAt(data, 'data', 'result')
  const values = typeof result[0] === 'number' ? [result] : result.map(sample => listAt(sample, 'value'))
  return values.map(([, value]) => Number(value))
}

const comparisons: Record<string, (a: number, b: number) => boolean> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
}

function compares(sample: number, holds: string): boolean {
  const [, sign = '', number = ''] = /^(<=?|>=?|==|!=)\s*(\S+)$/.exec(holds.trim()) ?? []
  return !Number.isNaN(sample) && comparisons[sign]?.(sample, Number(number)) === true
}
