import type {Eks, Insight} from '../live/aws.ts'
import {type Finding, finding} from './finding.ts'

/** What EKS finds wrong with a cluster. Only insights with an ERROR block an upgrade or a way back. */
export function judgeEks(eks: Eks | {readonly unseen: string}): Finding[] {
  if ('unseen' in eks) return [finding('Z110', 'EKS', eks.unseen)]
  const parts = eks.parts.flatMap(({kind, name, version, status, issues}) => {
    const troubles = [...(status === 'ACTIVE' ? [] : [`its status is ${status || 'not told'}`]), ...issues]
    const about = `eks ${kind} ${name} ${version}`.trim()
    return troubles.length === 0 ? [] : [finding('Z112', about, troubles.join('; '))]
  })
  return [...parts, ...eks.insights.flatMap(judgeInsight)]
}

function judgeInsight({name, category, kubernetes, status, reason}: Insight): Finding[] {
  if (status === 'PASSING') return []
  const about = `eks insight ${name}${kubernetes === undefined ? '' : ` for ${kubernetes}`}`
  const level = status === 'ERROR' ? 'problem' : status === 'WARNING' ? 'warning' : 'unknown'
  return [finding('Z111', about, `${status}: ${reason} (${category})`, {level})]
}
