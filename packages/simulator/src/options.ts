import type { SimulatorRequest } from './meter.ts'
import type { CompletionRequest } from './request.ts'
import { isScenarioName, SCENARIO_NAMES } from './scenarios.ts'
import type { ScenarioName } from './scenarios.ts'

export interface SimulatorOptions {
  /** TCP port; 0 takes a free one. @defaultValue 0 */
  readonly port?: number
  /** The address to listen on. The default is reachable from this machine only. @defaultValue '127.0.0.1' */
  readonly host?: string
  /** Tokens per second, above 0; `Infinity` sends as fast as the client reads. @defaultValue 50 */
  readonly tokensPerSecond?: number
  /** Milliseconds from the request to the first token. @defaultValue 200 */
  readonly firstTokenMs?: number
  /**
   * Your own answer: a text, which is cut into tokens, or the exact tokens. A throw answers 500.
   * @defaultValue the tokens of `simulatedAnswer(request.prompt)`
   */
  readonly answer?: (request: CompletionRequest) => string | readonly string[]
  /**
   * What happens to requests that name no scenario themselves, for all alike or chosen for each: a function that answers
   * `rate-limit` once and then `normal` rehearses a retry. @defaultValue 'normal'
   */
  readonly scenario?: ScenarioName | ((request: CompletionRequest) => ScenarioName)
  /** The bearer that `/v1` asks for. @defaultValue every caller is let in */
  readonly apiKey?: string
  /**
   * `false` plays a provider that goes on generating, and billing, after its client hung up.
   * @defaultValue true
   */
  readonly stopsOnHangup?: boolean
  /** Called when a request begins and when it has ended (its `outcome` tells which). A throw is an uncaught exception. */
  readonly onRequest?: (request: SimulatorRequest) => void
}

/** The options that requests are answered by, with every default filled in. */
export interface Settings {
  readonly tokensPerSecond: number
  readonly firstTokenMs: number
  readonly answer: (request: CompletionRequest) => string | readonly string[]
  readonly scenario: (request: CompletionRequest) => ScenarioName
  readonly apiKey: string | null
  readonly stopsOnHangup: boolean
}

/** @throws {RangeError} if a number is out of its range or the scenario has no such name. */
export function resolveOptions(
  { tokensPerSecond = 50, firstTokenMs = 200, scenario = 'normal', ...options }: SimulatorOptions,
  defaultAnswer: Settings['answer'],
): Settings {
  if (!(tokensPerSecond > 0)) throw new RangeError(`tokensPerSecond must be above 0, got ${tokensPerSecond}`)
  if (!(firstTokenMs >= 0 && firstTokenMs < Infinity)) {
    throw new RangeError(`firstTokenMs must be a finite number of at least 0, got ${firstTokenMs}`)
  }
  if (typeof scenario === 'string' && !isScenarioName(scenario)) throw new RangeError(unknownScenario(scenario))
  return {
    tokensPerSecond,
    firstTokenMs,
    answer: options.answer ?? defaultAnswer,
    scenario: typeof scenario === 'function' ? scenario : () => scenario,
    apiKey: options.apiKey ?? null,
    stopsOnHangup: options.stopsOnHangup ?? true,
  }
}

export function unknownScenario(name: string): string {
  return `There is no scenario ${JSON.stringify(name)}; the names are ${SCENARIO_NAMES.join(', ')}.`
}
