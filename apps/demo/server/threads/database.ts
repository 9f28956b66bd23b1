import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createClient, type Client } from '@libsql/client'

/** Each step leads from one version of the file to the next, and is never changed once it was released. */
const MIGRATIONS: readonly (readonly string[])[] = [
  [
    `CREATE TABLE threads (
      id TEXT PRIMARY KEY,
      title TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL
    ) STRICT`,
    `CREATE TABLE messages (
      thread TEXT NOT NULL,
      id TEXT NOT NULL,
      position INTEGER NOT NULL,
      message TEXT NOT NULL,
      PRIMARY KEY (thread, id)
    ) STRICT`,
    'CREATE INDEX threads_by_update ON threads (updated_at DESC)',
  ],
]

/** How long a writer waits for another process that writes, in ms. */
const BUSY_MS = 5_000

/** Opens the file, makes it where there is none, and brings it to the newest version. Several processes may share it. */
export async function openDatabase(path: string): Promise<Client> {
  mkdirSync(dirname(path), { recursive: true })
  const client = createClient({ url: pathToFileURL(path).href, timeout: BUSY_MS })
  await client.execute('PRAGMA journal_mode = WAL')
  await migrate(client)
  return client
}

async function migrate(client: Client): Promise<void> {
  const transaction = await client.transaction('write')
  try {
    const { rows } = await transaction.execute('PRAGMA user_version')
    const version = Number(rows[0]?.[0] ?? 0)
    if (version > MIGRATIONS.length) {
      throw new Error(
        `The file of conversations has version ${version}; this demo knows ${MIGRATIONS.length}. Use a newer demo, or another file.`,
      )
    }
    for (const statement of MIGRATIONS.slice(version).flat()) await transaction.execute(statement)
    await transaction.execute(`PRAGMA user_version = ${MIGRATIONS.length}`)
    await transaction.commit()
  } finally {
    transaction.close()
  }
}
