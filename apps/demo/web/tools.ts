import type { ToolCall } from '@sluice/react'

/** What a model may ask this page for. The page answers by itself, and the model goes on. */
export const TOOLS: readonly object[] = [
  describe('get_time', 'The time of day where the reader is.'),
  describe('get_language', 'The language that the reader has chosen.'),
]

const ANSWERS: Readonly<Record<string, () => string>> = {
  get_time: () => new Date().toString(),
  get_language: () => document.documentElement.lang,
}

/** `undefined` for a tool that this page does not have: its call stays open. */
export function callTool({ name }: ToolCall): string | undefined {
  return ANSWERS[name]?.()
}

function describe(name: string, description: string): object {
  return { type: 'function', function: { name, description, parameters: { type: 'object', properties: {} } } }
}
