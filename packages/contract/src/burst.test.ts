import { describeBurstContract } from './burst-contract.ts'
import { startFetchHandler } from './testing/start-fetch-handler.ts'

describeBurstContract('createFetchHandler on a plain Node server', startFetchHandler)
