import { reportOn, type SuiteReport } from './check.ts'
import { eventCases } from './events.ts'
import { runCases } from './runs.ts'

/** The whole suite, in whatever runtime this is. Never rejects. */
export function runSuite(): Promise<SuiteReport> {
  return reportOn([...eventCases, ...runCases])
}
