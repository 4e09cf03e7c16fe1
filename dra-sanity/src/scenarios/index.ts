import type {Scenario} from '../scenario.ts'
import {healthScenarios} from './health.ts'
import {prepareScenarios} from './prepare.ts'
import {registrationScenarios} from './registration.ts'
import {restartScenarios} from './restart.ts'
import {rollingScenarios} from './rolling.ts'
import {sliceScenarios, wipeScenarios} from './slices.ts'
import {unprepareScenarios} from './unprepare.ts'

/** All scenarios, in the order in which they run: what later ones stand on comes first. */
export const scenarios: readonly Scenario[] = [
  ...registrationScenarios,
  ...sliceScenarios,
  ...prepareScenarios,
  ...unprepareScenarios,
  ...healthScenarios,
  ...restartScenarios,
  ...rollingScenarios,
  ...wipeScenarios,
]
