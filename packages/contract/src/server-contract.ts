import { afterEach, describe } from 'vitest'
import { createBench, type Bench } from './bench.ts'
import type { StartServer } from './server-options.ts'
import { describeBadRequests } from './topics/bad-requests.ts'
import { describeCancels } from './topics/cancels.ts'
import { describeDisconnects } from './topics/disconnects.ts'
import { describeDrains } from './topics/drains.ts'
import { describeFinds } from './topics/finds.ts'
import { describeHooks } from './topics/hooks.ts'
import { describeLimits } from './topics/limits.ts'
import { describeOwners } from './topics/owners.ts'
import { describeProviders } from './topics/providers.ts'
import { describeRaces } from './topics/races.ts'
import { describeRejoins } from './topics/rejoins.ts'
import { describeShutdowns } from './topics/shutdowns.ts'
import { describeStalls } from './topics/stalls.ts'
import { describeStarts } from './topics/starts.ts'

const TOPICS: readonly ((bench: Bench) => void)[] = [
  describeStarts,
  describeBadRequests,
  describeProviders,
  describeRejoins,
  describeFinds,
  describeCancels,
  describeDrains,
  describeRaces,
  describeDisconnects,
  describeOwners,
  describeLimits,
  describeHooks,
  describeStalls,
  describeShutdowns,
]

/**
 * Registers, with vitest, the tests of what every server that speaks Sluice does, over real sockets and in front of a
 * simulated provider.
 */
export function describeServerContract(name: string, startServer: StartServer): void {
  const bench = createBench(startServer)
  describe(`${name}, as every server`, () => {
    afterEach(bench.close)
    for (const describeTopic of TOPICS) describeTopic(bench)
  })
}
