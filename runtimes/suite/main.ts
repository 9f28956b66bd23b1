// For runtimes that run a module and print what it logs: Node.js, Deno, Bun.
import { runSuite } from './suite.ts'

console.log(JSON.stringify(await runSuite()))
