import { spawnSync } from 'node:child_process'

/** Whether there is no redis-server to start. For `describe.skipIf`. */
export const noRedis: boolean = spawnSync(process.env['REDIS_SERVER'] || 'redis-server', ['--version']).status !== 0
if (noRedis) console.warn('Skipped: no redis-server was found. Set REDIS_SERVER to one.')
