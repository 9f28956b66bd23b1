/** What one read of a body brings. */
export type ByteRead =
  | { readonly done: false; readonly value: Uint8Array }
  | { readonly done: true; readonly value?: Uint8Array | undefined }

/** What Sluice needs of the reader of a `ReadableStream`. */
export interface ByteReader {
  read(): Promise<ByteRead>
  /** Closes the source. A read that waits is done then. */
  cancel(reason?: unknown): Promise<void>
}

/** What Sluice needs of a `ReadableStream` of bytes. */
export interface ByteStream {
  getReader(): ByteReader
  cancel(reason?: unknown): Promise<void>
}

/**
 * What Sluice needs of a `Response`, which it is: a server keeps one stream open for each of thousands of runs, and a
 * `fetch` made for that can do with far less than a whole `Response` around a whole `ReadableStream`.
 */
export interface FetchResponse {
  readonly ok: boolean
  readonly status: number
  readonly headers: Pick<Headers, 'get'>
  readonly body: ByteStream | null
  json(): Promise<unknown>
}
