import { ChatStreamError } from '../errors.ts'
import { codeOfStatus } from '../http/response-error.ts'
import { isObject, stringOr } from '../json.ts'

/**
 * What a caller may know of an error that the app threw: ours as it is; one with a `status` (or a framework's
 * `statusCode`) of 400 to 599 by that status, and by its message below 500 or where it says `expose: true`; of all
 * others nothing but status 500.
 */
export function publicError(error: unknown): ChatStreamError {
  if (error instanceof ChatStreamError) return error
  const facts = isObject(error) ? error : {}
  const status = facts['status'] ?? facts['statusCode']
  if (typeof status !== 'number' || !(status >= 400 && status <= 599)) {
    return new ChatStreamError('protocol', 'The server failed to answer.', { status: 500 })
  }
  const isTold = facts['expose'] === true || status < 500
  const message = isTold ? stringOr(facts['message'], 'Refused.') : 'The server refused to answer.'
  return new ChatStreamError(codeOfStatus(status), message, { status })
}
