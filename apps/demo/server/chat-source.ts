import { openaiCompatible, type ChatRequest, type ChatSource } from '@sluice/express'
import { readPageFields, withoutPageFields } from './page-fields.ts'
import type { Provider, Providers } from './providers.ts'

/**
 * Asks the provider whose model is wanted. Where there are several, a model is named `<provider>:<model>`; where there
 * is one, by its name alone. On the simulator a request may ask for a fault.
 */
export function chatSource({ list, simulator }: Providers): ChatSource {
  const sources = list.map(({ baseURL, apiKey }) => openaiCompatible({ baseURL, apiKey }))
  const [only] = sources
  if (only === undefined) throw new TypeError('Expected at least one provider.')

  const source: ChatSource = (request, context) => {
    const { index, model } = chooseProvider(list, request.model)
    const { scenario } = readPageFields(request)
    const asked: ChatRequest = {
      ...withoutPageFields(request),
      model: simulator !== null && scenario !== null ? `simulator/${scenario}` : model,
    }
    return (sources[index] ?? only)(asked, context)
  }
  const models = sources.length === 1 ? only.models : (signal: AbortSignal) => allModels(list, sources, signal)
  // Which provider bills is known of a request only: with several, the chunks tell, or nobody does.
  const provider = sources.length === 1 ? only.provider : undefined
  return Object.assign(source, { ...(models && { models }), ...(provider !== undefined && { provider }) })
}

function chooseProvider(list: readonly Provider[], wanted: string): { readonly index: number; readonly model: string } {
  const index = list.length === 1 ? -1 : list.findIndex(({ slug }) => wanted.startsWith(`${slug}:`))
  const slug = list[index]?.slug
  return slug === undefined ? { index: 0, model: wanted } : { index, model: wanted.slice(slug.length + 1) }
}

/** One list of them all. A provider that does not tell its models is there with its default one. */
async function allModels(list: readonly Provider[], sources: readonly ChatSource[], signal: AbortSignal) {
  const lists = await Promise.all(
    list.map(async ({ slug, model }, i) => {
      const models = await sources[i]?.models?.(signal).catch(() => undefined)
      return modelIds(models, model).map((id) => ({ id: `${slug}:${id}`, object: 'model', owned_by: slug }))
    }),
  )
  return { object: 'list', data: lists.flat() }
}

function modelIds(models: unknown, fallback: string): readonly string[] {
  const rows: unknown = Object(models).data
  const ids = Array.isArray(rows) ? rows.map((row: unknown): unknown => Object(row).id) : []
  const names = ids.filter((id) => typeof id === 'string')
  return names.length > 0 ? names : [fallback]
}
