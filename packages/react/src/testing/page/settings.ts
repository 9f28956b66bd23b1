/** How a test's page makes its chat; it travels in the address. */
export interface PageSettings {
  readonly thread?: string
  readonly model?: string
  readonly isStrict?: boolean
  /** Sent once, in an effect of the first mount. */
  readonly sendAtMount?: string
  readonly persistence?: 'local-storage' | 'idb-keyval'
  readonly stopOnUnmount?: boolean
  readonly connectMs?: number
  readonly idleMs?: number
  readonly cancelMs?: number
  /** Whether the page was rendered by the server, and is to be hydrated. */
  readonly isHydrated?: boolean
}

export function encodeSettings(settings: PageSettings): string {
  return encodeURIComponent(JSON.stringify(settings))
}

/** What only a test's own server ever writes. */
export function decodeSettings(text: string): PageSettings {
  const settings: PageSettings = JSON.parse(text)
  return settings
}
