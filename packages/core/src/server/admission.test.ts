import { describe, expect, it } from 'vitest'
import { createAdmission } from './admission.ts'

const id = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`

describe('createAdmission', () => {
  it('lets in as many runs as there may be, in all and of one owner', () => {
    const { enter } = createAdmission({ runs: 3, runsPerOwner: 2 })
    enter({ owner: 'ann', id: id(1) })
    const leave = enter({ owner: 'ann', id: id(2) })
    expect(() => enter({ owner: 'ann', id: id(3) })).toThrow('Too many answers')
    enter({ owner: 'bob', id: id(1) })
    expect(() => enter({ owner: 'eve', id: id(1) })).toThrow('Too many answers')
    leave()
    leave()
    enter({ owner: 'ann', id: id(3) })
    expect(() => enter({ owner: 'eve', id: id(1) })).toThrow('Too many answers')
  })

  it('counts a run once, however often it is asked for', () => {
    const { enter } = createAdmission({ runs: 1, runsPerOwner: 1 })
    const leave = [enter({ owner: 'ann', id: id(1) }), enter({ owner: 'ann', id: id(1).toUpperCase() })]
    for (const each of leave) {
      expect(() => enter({ owner: 'ann', id: id(2) })).toThrow('Too many answers')
      each()
    }
    enter({ owner: 'ann', id: id(2) })
  })
})
