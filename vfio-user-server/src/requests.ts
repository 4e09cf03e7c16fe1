import {bar, pci} from '#lib/generated/device.ts'
import {irqInfo} from './interrupts.ts'
import {deviceFlag, irq, payloadSize, Refusal, region, regionFlag} from './protocol.ts'

/* The questions that have fixed answers: payload in, payload out. */

/** GET_INFO: u32 argsz, flags, num_regions, num_irqs. */
export function deviceInfo(payload: Buffer): Buffer {
  needs(payload, payloadSize.info)
  return words(payloadSize.info, deviceFlag.reset | deviceFlag.pci, region.count, irq.count)
}

/** GET_REGION_INFO: u32 argsz, flags, index, cap_offset, u64 size, u64 offset. No region can be mapped. */
export function regionInfo(payload: Buffer): Buffer {
  needs(payload, payloadSize.regionInfo)
  const index = payload.readUInt32LE(8)
  if (index >= region.count) throw new Refusal(`there is no region ${index}`)
  const size = index === bar.index ? bar.size : index === region.config ? pci.configSize : 0
  const flags = size > 0 ? regionFlag.read | regionFlag.write : 0
  return words(payloadSize.regionInfo, flags, index, 0, size, 0, 0, 0)
}

/** GET_IRQ_INFO: u32 argsz, flags, index, count. */
export function interruptInfo(payload: Buffer): Buffer {
  needs(payload, payloadSize.irqInfo)
  const index = payload.readUInt32LE(8)
  if (index >= irq.count) throw new Refusal(`there is no interrupt ${index}`)
  const {flags, count} = irqInfo(index)
  return words(payloadSize.irqInfo, flags, index, count)
}

/** The caller's argsz is the room that it has for the answer: never less than the answer. */
function needs(payload: Buffer, size: number): void {
  if (payload.length < size || payload.readUInt32LE(0) < size)
    throw new Refusal(`argsz and payload must be ${size} bytes at least`)
}

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  for (const [i, value] of values.entries()) bytes.writeUInt32LE(value, i * 4)
  return bytes
}
