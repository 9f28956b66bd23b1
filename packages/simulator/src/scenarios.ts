import type { DialectName } from './dialects.ts'
import { OVERLOADED, REDIRECT, WEB_PAGE } from './replies.ts'
import { BACKEND_ERROR, KEY_ERROR, RATE_ERROR } from './errors.ts'
import type { Answer, Refusal, Scenario } from './scenario.ts'

export type ScenarioName =
  | 'normal'
  | 'slow'
  | 'stall'
  | 'cut'
  | 'malformed'
  | 'malformed-flood'
  | 'error'
  | 'error-only'
  | 'finish-error'
  | 'abort'
  | 'no-done'
  | 'truncated'
  | 'rate-limit'
  | 'retry-after'
  | 'retry-after-date'
  | 'unauthorized'
  | 'server-error'
  | 'endless-error'
  | 'html'
  | 'json'
  | 'redirect'
  | 'slow-head'
  | 'no-head'
  | 'keepalive'
  | 'comments'
  | 'crlf'
  | 'cr'
  | 'bom'
  | 'tight'
  | Exclude<DialectName, 'openai'>

const REFUSE: Omit<Refusal, 'description' | 'status' | 'error'> = { kind: 'refuse', retryAfter: null }

/** THE table: every scenario is data, and what the code can do with it is in the type `Scenario`. */
export const SCENARIO_TABLE: Readonly<Record<ScenarioName, Scenario>> = {
  normal: answer('A complete answer at the set pace.'),
  slow: answer('A complete answer at a tenth of the set pace.', { slowdown: 10, wait: 10 }),
  stall: answer('Falls silent after half of the answer and keeps the socket open.', { fault: 'stall' }),
  cut: answer('Destroys the socket after half of the answer.', { fault: 'cut' }),
  malformed: answer('Sends one event of broken JSON after half of the answer, then goes on.', { fault: 'malformed' }),
  'malformed-flood': answer('Sends twenty events of broken JSON after half of the answer, then goes on.', {
    fault: 'malformed-flood',
  }),
  error: answer('Sends an error event after half of the answer and ends.', { fault: 'error' }),
  'error-only': answer('Sends an error event as the first and only event.', { fault: 'error', faultAt: 'start' }),
  'finish-error': answer('Ends after half of the answer with finish_reason error and [DONE], as OpenRouter may.', {
    fault: 'finish-error',
  }),
  abort: answer('Ends after half of the answer with finish_reason abort and [DONE], as vLLM does when it gives up.', {
    fault: 'abort',
  }),
  'no-done': answer('Ends after finish_reason (and usage), without [DONE].', { ending: 'no-done' }),
  truncated: answer('Ends after the last token, without finish_reason and [DONE].', { ending: 'truncated' }),
  'rate-limit': {
    ...REFUSE,
    description: '429 with Retry-After: 1.',
    status: 429,
    error: RATE_ERROR,
    retryAfter: 'seconds',
  },
  'retry-after': answer('429 with Retry-After: 1 to every other request, the first among them; else an answer.', {
    retryAfter: 'seconds',
  }),
  'retry-after-date': answer('As retry-after, with a date one to two seconds ahead.', { retryAfter: 'date' }),
  unauthorized: { ...REFUSE, description: '401 whose body holds a made-up secret.', status: 401, error: KEY_ERROR },
  'server-error': {
    ...REFUSE,
    description: '500 whose body holds a made-up secret.',
    status: 500,
    error: BACKEND_ERROR,
  },
  'endless-error': { ...OVERLOADED, description: '503 whose body never ends.' },
  html: { ...WEB_PAGE, description: '200 with a web page, as from a wrong base URL or a captive portal.' },
  json: answer('The whole answer as one JSON body, though a stream was asked for.', { streams: false }),
  redirect: { ...REDIRECT, description: '307 to a path where nothing is.' },
  'slow-head': answer('Sends the head only with the first token, after ten times the wait.', {
    head: 'late',
    wait: 10,
  }),
  'no-head': answer('Takes the request, never answers and keeps the socket open.', { head: 'never' }),
  keepalive: answer('Sends comments while it waits ten times as long for its first token, as OpenRouter does.', {
    keepalive: true,
    wait: 10,
  }),
  comments: answer('Comments before every event.', { framing: 'comments' }),
  crlf: answer('Lines that end with CRLF.', { framing: 'crlf' }),
  cr: answer('Lines that end with CR.', { framing: 'cr' }),
  bom: answer('A byte order mark in front of the stream.', { framing: 'bom' }),
  tight: answer('No blank behind the colon, fields that nobody knows, and a blank behind [DONE].', {
    framing: 'tight',
  }),
  'null-content': answer('Chunks whose content, or whole delta, is null.', { dialect: 'null-content' }),
  reasoning: answer('Thinks first, in the field reasoning, as OpenRouter sends it.', { dialect: 'reasoning' }),
  'reasoning-content': answer('Thinks first, in the field reasoning_content, as DeepSeek sends it.', {
    dialect: 'reasoning-content',
  }),
  'content-array': answer('Thinks first, in content that is an array of parts, as Mistral sends it.', {
    dialect: 'content-array',
  }),
  refusal: answer('The answer as a refusal.', { dialect: 'refusal' }),
  'tool-calls': answer('Two tool calls in pieces; an answer once they have their outputs.', { dialect: 'tool-calls' }),
  'tool-calls-mixed': answer('As tool-calls, the pieces of both in turn and the second call first.', {
    dialect: 'tool-calls-mixed',
  }),
  'tool-calls-bare': answer('As tool-calls, with neither index nor id.', { dialect: 'tool-calls-bare' }),
  'several-choices': answer('Two choices in each chunk, the one with index 0 last.', { dialect: 'several-choices' }),
  'second-finish': answer('A second chunk with finish_reason and the usage, and the provider in each, as OpenRouter.', {
    dialect: 'second-finish',
  }),
  'usage-only': answer('Chunks with usage and no choices, first and last, asked for or not.', {
    dialect: 'usage-only',
  }),
  'extra-fields': answer('Logprobs, and fields that nobody knows, in each chunk.', { dialect: 'extra-fields' }),
}

/** Every scenario with a sentence of what it does: for menus, help and tables. */
export const SCENARIOS: readonly { readonly name: ScenarioName; readonly description: string }[] = Object.keys(
  SCENARIO_TABLE,
)
  .filter(isScenarioName)
  .map((name) => ({ name, description: SCENARIO_TABLE[name].description }))

export const SCENARIO_NAMES: readonly ScenarioName[] = SCENARIOS.map(({ name }) => name)

export function isScenarioName(name: string): name is ScenarioName {
  return Object.hasOwn(SCENARIO_TABLE, name)
}

function answer(description: string, unlike: Partial<Omit<Answer, 'kind' | 'description'>> = {}): Answer {
  return {
    kind: 'answer',
    description,
    slowdown: 1,
    wait: 1,
    head: 'at-once',
    keepalive: false,
    streams: true,
    retryAfter: null,
    fault: null,
    faultAt: 'half',
    ending: 'done',
    dialect: 'openai',
    framing: 'plain',
    ...unlike,
  }
}
