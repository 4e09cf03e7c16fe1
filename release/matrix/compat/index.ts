export {type Answer, check, type Given, type Reason, type Verdict} from './check.ts'
export {type Candidate, type Companion, withGiven} from './with.ts'
