import { describe, expect, it } from 'vitest'
import { createFakeClock } from '../testing/fake-clock.ts'
import { createPresence, type DisconnectPolicy, type Presence } from './presence.ts'

function watch(policy: DisconnectPolicy, clock = createFakeClock()): { presence: Presence; abandoned: () => number } {
  let abandoned = 0
  const askElsewhere = async (): Promise<void> => {}
  const presence = createPresence({ policy, clock, askElsewhere, onAbandoned: () => (abandoned += 1) })
  return { presence, abandoned: () => abandoned }
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

  it('abandons at once where the policy is to cancel, and not for one of two', async () => {
    const clock = createFakeClock()
    const { presence, abandoned } = watch('cancel', clock)
    const [first, second] = [presence.join(), presence.join()]
    first()
    first()
    await clock.advance(0)
    expect(abandoned()).toBe(0)
    second()
    await clock.advance(0)
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

  it('waits for nobody while somebody watches from another machine, and counts one grace when all have left', async () => {
    const clock = createFakeClock()
    const { presence, abandoned } = watch({ graceMs: 100 }, clock)
    presence.setElsewhere(true)
    presence.join()()
    await clock.advance(500)
    expect(abandoned()).toBe(0)
    presence.setElsewhere(false)
    await clock.advance(99)
    expect(abandoned()).toBe(0)
    presence.setElsewhere(false)
    await clock.advance(1)
    expect(abandoned()).toBe(1)
  })

  it('asks the other machines before it abandons, and heeds a viewer that came while it asked', async () => {
    const clock = createFakeClock()
    let abandoned = 0
    let answer = (): void => {}
    const askElsewhere = (): Promise<void> => new Promise((resolve) => (answer = resolve))
    const presence = createPresence({ policy: 'cancel', clock, askElsewhere, onAbandoned: () => (abandoned += 1) })
    presence.join()()
    presence.setElsewhere(true)
    answer()
    await clock.advance(5_000)
    expect(abandoned).toBe(0)
    presence.setElsewhere(false)
    presence.join()
    answer()
    await clock.advance(5_000)
    expect(abandoned).toBe(0)
  })

  it('takes machines that do not answer within a second for nobody', async () => {
    const clock = createFakeClock()
    let abandoned = 0
    const askElsewhere = (): Promise<void> => new Promise(() => {})
    const presence = createPresence({ policy: 'cancel', clock, askElsewhere, onAbandoned: () => (abandoned += 1) })
    presence.join()()
    await clock.advance(999)
    expect(abandoned).toBe(0)
    await clock.advance(1)
    expect(abandoned).toBe(1)
  })
})
