/**
 * Runs the suite in every runtime and prints a table of them. Builds core, installs this folder and looks for a browser
 * first. The exit code is 1 if something failed or a runtime did not run; on Linux x64, for which all of them have a
 * program, none may be missing, elsewhere one may be skipped.
 */
import { prepare } from './prepare.mjs'

try {
  await prepare()
  // Not before what it imports is installed.
  const { runMatrix } = await import('./matrix.mjs')
  if (!(await runMatrix())) process.exitCode = 1
} catch (error) {
  console.log(`runtimes: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
