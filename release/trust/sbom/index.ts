export type {About} from './about.ts'
export {cyclonedxDocument, cyclonedxType} from './cyclonedx.ts'
export {type Inventory, inventoryOf, type Made, packagesOf, releaseInventory} from './inventory.ts'
export {spdxDocument, spdxType} from './spdx.ts'
