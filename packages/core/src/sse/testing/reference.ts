import type { Call } from './record.ts'

/** The specification's algorithm word by word over a whole stream: slow, plain, and what the parser is held against. */
export function referenceCalls(stream: string): Call[] {
  const calls: Call[] = []
  const lines = stream.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/)
  lines.pop() // not ended, so not a line
  let data = ''
  let event = ''
  let id: string | undefined

  for (const line of lines) {
    const [, field = '', value = ''] = /^([^:]*):? ?([^]*)$/.exec(line) ?? []
    if (line === '') {
      if (id !== undefined) calls.push({ call: 'id', id })
      if (data !== '') calls.push({ call: 'event', event: { id, event: event || undefined, data: data.slice(0, -1) } })
      data = ''
      event = ''
      id = undefined
    } else if (line.startsWith(':')) {
      calls.push({ call: 'comment', comment: value })
    } else if (field === 'data') {
      data += `${value}\n`
    } else if (field === 'event') {
      event = value
    } else if (field === 'id') {
      if (!value.includes('\0')) id = value
    } else if (field !== 'retry') {
      calls.push({ call: 'error', type: 'unknown-field', field, value, line })
    } else if (value !== '' && [...value].every((digit) => '0123456789'.includes(digit))) {
      calls.push({ call: 'retry', retry: Number(value) })
    } else {
      calls.push({ call: 'error', type: 'invalid-retry', field: undefined, value, line })
    }
  }
  return calls
}
