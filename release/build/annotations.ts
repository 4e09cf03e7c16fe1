import type {ReleasePlan} from '../plan/plan.ts'

/** Annotations of the image spec (annotations.md) that every artifact of a release carries. */
export function imageAnnotations(plan: ReleasePlan, title: string, licenses: string): Record<string, string> {
  const prefix = 'org.opencontainers.image'
  return {
    [`${prefix}.title`]: title,
    [`${prefix}.version`]: plan.version,
    [`${prefix}.created`]: new Date(plan.epoch * 1000).toISOString().replace('.000Z', 'Z'),
    [`${prefix}.source`]: plan.repositoryUrl,
    [`${prefix}.url`]: plan.repositoryUrl,
    [`${prefix}.licenses`]: licenses,
  }
}
