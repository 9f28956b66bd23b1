/**
 * Finds the programs that the tests need and npm does not bring, installs them where apt can, and writes their paths to
 * `.cache/tools.json`. Silent when all are there. A missing program is a failure under `CI`; elsewhere its tests are skipped,
 * and a line says which and what to do.
 */
import { findApt } from './apt.mjs'
import { CHROMIUM, REDIS_SERVER, locate } from './programs.mjs'
import { writeTools } from './tools.mjs'
import { underCi } from './under-ci.mjs'

/** @typedef {import('./programs.mjs').Program} Program */

/** @param {string} line */
const tell = (line) => console.log(`setup: ${line}`)

/** @param {readonly Program[]} programs */
async function findMissing(programs) {
  const paths = await Promise.all(programs.map(locate))
  return programs.filter((_, index) => paths[index] === undefined)
}

/** @param {readonly Program[]} programs */
async function install(programs) {
  const apt = await findApt(tell)
  if (apt === undefined) {
    tell('cannot install what is missing: that takes apt-get, and root or a sudo that asks for no password')
    return
  }
  tell('fetching the package lists')
  await apt.update()
  for (const { aptPackage, service } of programs) {
    await apt.install(aptPackage)
    if (service !== undefined) await apt.stopService(service)
  }
}

/** @param {Program} program */
function reportMissing({ title, skipped, remedy }) {
  const consequence = underCi(process.env)
    ? `${skipped} cannot run, which fails under CI`
    : `${skipped} will be skipped`
  tell(`found no ${title}, so ${consequence}. To have it: ${remedy}.`)
}

async function setUp() {
  const missing = await findMissing([CHROMIUM, REDIS_SERVER])
  if (missing.length > 0) await install(missing)
  writeTools({ chromium: await locate(CHROMIUM), redisServer: await locate(REDIS_SERVER) })
  const stillMissing = await findMissing(missing)
  stillMissing.forEach(reportMissing)
  if (stillMissing.length > 0 && underCi(process.env)) process.exitCode = 1
}

try {
  await setUp()
} catch (error) {
  tell(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}
