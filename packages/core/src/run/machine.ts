import { transition, type RunEvent, type RunState } from './state.ts'

/** What a machine tells of a change. */
export interface RunTransition {
  readonly from: RunState
  readonly event: RunEvent
  readonly to: RunState
}

/** One run's place in the table. */
export interface RunMachine {
  readonly state: RunState
  /** Applies one event and returns the state that follows. A change is announced before it returns; a stay is not. */
  dispatch(event: RunEvent): RunState
}

/**
 * @param initial `submitted`, or `reconnecting` for a run whose earlier chunks somebody else received
 * @param onChange told of each change of state; of an end exactly once, since nothing leaves one
 */
export function createRunMachine(
  initial: 'submitted' | 'reconnecting',
  onChange: (transition: RunTransition) => void,
): RunMachine {
  return new Machine(initial, onChange)
}

class Machine implements RunMachine {
  readonly #onChange: (transition: RunTransition) => void
  state: RunState

  constructor(initial: RunState, onChange: (transition: RunTransition) => void) {
    this.state = initial
    this.#onChange = onChange
  }

  dispatch(event: RunEvent): RunState {
    const from = this.state
    this.state = transition(from, event)
    if (this.state !== from) this.#onChange({ from, event, to: this.state })
    return this.state
  }
}
