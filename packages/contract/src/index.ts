export { describeServerContract } from './server-contract.ts'
export { describeBurstContract } from './burst-contract.ts'
export {
  routesOptions,
  type ProviderAddress,
  type ServerOptions,
  type ServerUnderTest,
  type StartServer,
} from './server-options.ts'
export {
  ANSWER,
  API_KEY,
  createBench,
  ID,
  OTHER_ID,
  QUESTION,
  STEADY,
  TOKENS,
  type Bench,
  type BenchOptions,
  type Question,
} from './bench.ts'
export {
  allEvents,
  endOf,
  idsOf,
  readEvents,
  readSome,
  rest,
  textOf,
  type Chunk,
  type ReadEvent,
} from './event-stream.ts'
export { listen, type Listening } from './listen.ts'
export { startSilentProvider, type SilentProvider } from './silent-provider.ts'
export { until } from './until.ts'
