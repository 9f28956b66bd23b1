// For workerd, which does no work outside of a handler: `workerd test` calls this one.
import { runSuite } from './suite.ts'

export default {
  async test(): Promise<void> {
    console.log(JSON.stringify(await runSuite()))
  },
}
