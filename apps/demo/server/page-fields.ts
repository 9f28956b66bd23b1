import type { ChatRequest } from '@sluice/express'
import { SCENARIO_NAMES, type ScenarioName } from '@sluice/simulator'

/** What this page adds to a request, under `demo`, for this server alone: it goes to no provider. */
export interface PageFields {
  /** The message that the question follows; `null` for the first of a conversation. */
  readonly before: string | null
  /** How the simulator is to misbehave; `null`: not at all. */
  readonly scenario: ScenarioName | null
}

export function readPageFields(request: ChatRequest): PageFields {
  const fields = Object(request['demo'])
  const before: unknown = fields.before
  const scenario: unknown = fields.scenario
  return {
    before: typeof before === 'string' && before.length <= 128 ? before : null,
    scenario: SCENARIO_NAMES.find((name) => name === scenario) ?? null,
  }
}

export function withoutPageFields(request: ChatRequest): ChatRequest {
  return { ...request, demo: undefined }
}
