import { ChatStreamError } from '../errors.ts'
import { isObject } from '../json.ts'

/** The header by which a client names its run, and the server echoes the name. */
export const RUN_ID_HEADER = 'Run-Id'

/** The `sluice` field of a request: where in a conversation the run belongs. Stripped before the provider sees it. */
export interface SluiceRequest {
  readonly thread?: string
  /** The message that this run answers. */
  readonly parent?: string
  /** The id that the answer shall bear. */
  readonly message?: string
}

const MAX_ID_LENGTH = 200

/** Reads the `sluice` field of a request body. Throws `invalid_request` where it is there and wrong. */
export function readSluiceRequest(value: unknown): SluiceRequest {
  if (value === undefined) return {}
  if (!isObject(value)) throw new ChatStreamError('invalid_request', 'Expected `sluice` to be an object of ids.')
  const ids: { thread?: string; parent?: string; message?: string } = {}
  for (const name of ['thread', 'parent', 'message'] as const) {
    const id = value[name]
    if (id === undefined || id === null) continue
    if (typeof id !== 'string' || id.length === 0 || id.length > MAX_ID_LENGTH) {
      throw new ChatStreamError(
        'invalid_request',
        `Expected \`sluice.${name}\` to be a string of 1 to ${MAX_ID_LENGTH} characters.`,
      )
    }
    ids[name] = id
  }
  return ids
}
