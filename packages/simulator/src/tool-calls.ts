import { tokenize } from './tokens.ts'

/** How the pieces of two calls come: as OpenAI sends them, the two interleaved, or with neither `index` nor `id`. */
export type CallOrder = 'ordered' | 'mixed' | 'bare'

interface SimulatedCall {
  readonly id: string
  readonly name: string
  readonly pieces: readonly string[]
}

/** Two calls of the tools that a request offers (`look_up` if none), each with the prompt as its `query`. */
export function toolCalls(
  { prompt, tools }: { readonly prompt: string; readonly tools: readonly string[] },
  order: CallOrder,
): { readonly deltas: readonly object[]; readonly message: readonly object[] } {
  const [first = 'look_up', second = first] = tools
  const calls = [first, second].map((name, i): SimulatedCall => {
    const pieces = tokenize(JSON.stringify({ query: prompt, page: i + 1 }))
    return { id: `call_simulated_${i + 1}`, name, pieces }
  })
  const deltas = order === 'mixed' ? interleave(calls.map(numbered)) : calls.flatMap(order === 'bare' ? bare : numbered)
  const message = calls.map(({ id, name, pieces }) => ({
    id,
    type: 'function',
    function: { name, arguments: pieces.join('') },
  }))
  return { deltas, message }
}

/** The head of a call, and then its arguments piece by piece. */
function numbered({ id, name, pieces }: SimulatedCall, index: number): readonly object[] {
  const head = { index, id, type: 'function', function: { name, arguments: '' } }
  return [head, ...pieces.map((piece) => ({ index, function: { arguments: piece } }))]
}

function bare({ name, pieces }: SimulatedCall): readonly object[] {
  const [first = '', ...rest] = pieces
  return [{ function: { name, arguments: first } }, ...rest.map((piece) => ({ function: { arguments: piece } }))]
}

/** The last call first, and then in turn. */
function interleave(calls: readonly (readonly object[])[]): readonly object[] {
  const longest = Math.max(...calls.map((deltas) => deltas.length))
  return Array.from({ length: longest }, (_, i) =>
    calls.toReversed().flatMap((deltas) => deltas.slice(i, i + 1)),
  ).flat()
}
