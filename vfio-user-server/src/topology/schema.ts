import {z} from 'zod'
import {limits} from '#lib/generated/device.ts'
import {isLabel, isUuid} from '../identity.ts'
import {parseSize} from '../size.ts'

/* Scalars arrive as text (lib/yaml.ts); these schemas turn them into what they mean. */

const size = z
  .string()
  .refine(text => parseSize(text) !== undefined, 'must be bytes such as 256Mi or 16Gi')
  .transform(text => parseSize(text) ?? 0n)

/** QEMU counts its memory in these. */
const guestSize = size.refine(bytes => bytes > 0n && bytes % (1n << 20n) === 0n, 'must be whole MiB')

function whole(from: number, to: number) {
  return z
    .string()
    .refine(
      text => /^\d{1,9}$/.test(text) && Number(text) >= from && Number(text) <= to,
      `must be a whole number from ${from} to ${to}`,
    )
    .transform(Number)
}

const name = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?$/, 'must be lower-case letters, digits and -')

export const topologySchema = z.strictObject({
  apiVersion: z.literal('mock-accel/v1'),
  kind: z.literal('Topology'),
  /** Begins the labels that are not given: NODE1-NUMA0-PF0. */
  node: name.optional(),
  sriov: z.enum(['qemu', 'plain', 'off']).optional(),
  /** Memory and processors of the guest, when it has no NUMA nodes. */
  memory: guestSize.optional(),
  cpus: whole(1, 255).optional(),
  /** Of the guest: what functions need that shall be handed to programs and other guests in it. */
  iommu: z.enum(['intel']).optional(),
  numa: z
    .array(z.strictObject({id: whole(0, 127), memory: guestSize.optional(), cpus: whole(1, 255).optional()}))
    .min(1)
    .optional(),
  devices: z
    .array(
      z.strictObject({
        /** Names the device's socket; pf0, pf1… when absent. */
        name: name.optional(),
        numa: whole(0, 127).optional(),
        label: z
          .string()
          .refine(isLabel, `must be 1 to ${limits.LABEL_MAX} visible ASCII characters`)
          .optional(),
        uuid: z.string().refine(isUuid, 'must be a UUID').optional(),
        memory: size.optional(),
        vfs: whole(0, limits.VFS_MAX).optional(),
      }),
    )
    .min(1),
})

export type TopologyFile = z.output<typeof topologySchema>
