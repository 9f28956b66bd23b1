import { describe, expect, it } from 'vitest'
import { createFakeClock } from '../testing/fake-clock.ts'
import { createPresence, type DisconnectPolicy, type Presence } from './presence.ts'

function watch(policy: DisconnectPolicy, clock = createFakeClock()): { presence: Presence; abandoned: () => number } {
  let abandoned = 0
  return { presence: createPresence(policy, clock, () => (abandoned += 1)), abandoned: () => abandoned }
}

describe('createPresence', () => {
  it('counts the grace from the last viewer, and starts anew when one comes back', async () => {
    const clock = createFakeClock()
    const { presence, abandoned } = watch({ graceMs: 100 }, clock)
    const [first, second] = [presence.join(), presence.join()]
    first()
    await clock.advance(500)
    second()
    await clock.advance(99)
    const back = presence.join()
    await clock.advance(500)
    expect(abandoned()).toBe(0)
    back()
    await clock.advance(100)
    expect(abandoned()).toBe(1)
  })

  it('counts the grace from the start, where nobody ever comes', async () => {
    const clock = createFakeClock()
    const { abandoned } = watch({ graceMs: 100 }, clock)
    await clock.advance(100)
    expect(abandoned()).toBe(1)
  })

  it('abandons at once where the policy is to cancel, and not for one of two', () => {
    const { presence, abandoned } = watch('cancel')
    const [first, second] = [presence.join(), presence.join()]
    first()
    first()
    expect(abandoned()).toBe(0)
    second()
    expect(abandoned()).toBe(1)
  })

  it('never abandons where the policy is to continue, nor after the end', async () => {
    const clock = createFakeClock()
    const lasting = watch('continue', clock)
    lasting.presence.join()()
    const ended = watch({ graceMs: 100 }, clock)
    const leave = ended.presence.join()
    ended.presence.close()
    leave()
    await clock.advance(1_000)
    expect(lasting.abandoned() + ended.abandoned()).toBe(0)
  })
})
