/** The simulator in a process of its own, at 50 tokens a second. Tells its parent its base URL. */
/** @type {(specifier: string) => Promise<any>} */
const load = (specifier) => import(specifier)
const { createSimulator } = await load('@sluice/simulator')

const answer = (/** @type {{ readonly prompt: string }} */ { prompt }) =>
  Array.from({ length: Number(prompt) }, (_, i) => ` word${i % 10}`)
const { url } = await createSimulator({ tokensPerSecond: 50, firstTokenMs: 0, answer })
process.send?.({ url })
process.on('disconnect', () => process.exit())
