import {compareBytewise} from '../lib/bytes.ts'
import type {LockedPackage, NpmPackage, ReleasePlan} from '../plan/plan.ts'

/** A Debian package, as a lock has it. */
export type DebInput = Pick<LockedPackage, 'suite' | 'filename' | 'sha256' | 'size'>
/** What a release is made from, beside its commit. */
export type Inputs = {debs: DebInput[]; npm: NpmPackage[]}

/**
 * Every locked package that went into a release or was needed to make it, each once.
 * @param toolbox packages of the root in which it was made
 */
export function inputsOf(plan: Pick<ReleasePlan, 'artifacts'>, toolbox: readonly DebInput[]): Inputs {
  const debs = new Map<string, DebInput>()
  const npm = new Map<string, NpmPackage>()
  const take = (value: unknown): void => {
    if (Array.isArray(value)) for (const each of value) take(each)
    else if (isDeb(value)) debs.set(value.sha256, pick(value))
    else if (isNpm(value)) npm.set(value.integrity, value)
    else if (typeof value === 'object' && value !== null) take(Object.values(value))
  }
  take(toolbox)
  take(plan.artifacts.map(a => a.recipe))
  return {
    debs: [...debs.values()].sort((a, b) => compareBytewise(a.filename, b.filename)),
    npm: [...npm.values()].sort((a, b) => compareBytewise(a.name, b.name)),
  }
}

function pick({suite, filename, sha256, size}: DebInput): DebInput {
  return {suite, filename, sha256, size}
}

function isDeb(value: unknown): value is DebInput {
  return typeof value === 'object' && value !== null && 'suite' in value && 'sha256' in value
}

function isNpm(value: unknown): value is NpmPackage {
  return typeof value === 'object' && value !== null && 'integrity' in value
}
