/** The viewers: bare `node:http`, so that they cost as little as can be. */
import { Agent, request } from 'node:http'
import { randomUUID } from 'node:crypto'

const agent = new Agent({ keepAlive: false })

/**
 * Asks for an answer; resolves with its head.
 *
 * @param {string} url
 * @param {string} model what the provider shall do
 * @param {string} [question]
 * @returns {Promise<{ id: string, response: import('node:http').IncomingMessage }>}
 */
export function ask(url, model, question = 'Hello') {
  const id = randomUUID()
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'run-id': id }
    const asked = request(url, { method: 'POST', headers, agent }, (response) => resolve({ id, response }))
    asked.on('error', reject)
    asked.end(JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: question }] }))
  })
}

/**
 * @param {import('node:http').IncomingMessage} response
 * @returns {Promise<number>} how many bytes came
 */
export async function readToEnd(response) {
  let bytes = 0
  for await (const piece of response) bytes += piece.length
  return bytes
}
