/** What is bundled: a bundle does not know by itself that it is the main module. */
import {main} from './main.ts'

void main(process.argv.slice(2)).then(code => {
  process.exitCode = code
})
