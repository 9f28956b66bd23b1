import { describe, expect, it } from 'vitest'
import { sumReports } from './test-sum.mjs'

const quiet = { runnerFailed: false, ci: false }

/**
 * A package with one test file whose tests ended in these ways.
 *
 * @param {readonly string[]} statuses
 * @param {{ status: string, message?: string }} [file]
 */
function packageWith(statuses, file = { status: statuses.includes('failed') ? 'failed' : 'passed' }) {
  const assertionResults = statuses.map((status, index) => ({ fullName: `test ${index + 1}`, status }))
  return { name: 'pkg', report: { testResults: [{ name: 'a.test.ts', ...file, assertionResults }] } }
}

describe('sumReports', () => {
  it('adds up what passed, failed and was skipped over all packages', () => {
    const sum = sumReports(
      [packageWith(['passed', 'failed', 'pending']), packageWith(['passed', 'skipped', 'todo'])],
      quiet,
    )
    expect(sum).toMatchObject({ passed: 2, failed: 1, skipped: 3, failures: ['pkg: test 2'], objections: [] })
  })

  it('counts a package without a report as a failure', () => {
    const sum = sumReports([packageWith(['passed']), { name: 'lost', report: undefined }], quiet)
    expect(sum).toMatchObject({ passed: 1, failed: 1, failures: [expect.stringMatching(/^lost: .*no report/)] })
  })

  it('counts a package whose report holds no test as a failure', () => {
    const sum = sumReports([packageWith(['passed']), { name: 'hollow', report: { testResults: [] } }], quiet)
    expect(sum).toMatchObject({ failed: 1, failures: [expect.stringMatching(/^hollow: .*no test/)] })
  })

  it('counts a file that does not load as a failure, with its reason', () => {
    const sum = sumReports([packageWith([], { status: 'failed', message: 'Cannot find ./b.ts' })], quiet)
    expect(sum).toMatchObject({ passed: 0, failed: 1, failures: [expect.stringContaining('Cannot find ./b.ts')] })
  })

  it('counts a file whose hook failed as a failure although each of its tests was only skipped', () => {
    const sum = sumReports([packageWith(['passed', 'skipped'], { status: 'failed', message: '' })], quiet)
    expect(sum).toMatchObject({ passed: 1, failed: 1, skipped: 1, failures: [expect.stringContaining('hook')] })
  })

  it('counts one failure when the runner ended badly and no report says why', () => {
    const sum = sumReports([packageWith(['passed'])], { runnerFailed: true, ci: false })
    expect(sum).toMatchObject({ passed: 1, failed: 1, failures: [expect.stringContaining('outside every test')] })
  })

  it('does not count the bad end of a runner again when a test failed', () => {
    expect(sumReports([packageWith(['failed'])], { runnerFailed: true, ci: false }).failed).toBe(1)
  })

  it('objects when no test was executed', () => {
    expect(sumReports([packageWith(['skipped'])], quiet).objections).toEqual(['no test was executed'])
    expect(sumReports([], quiet).objections).toEqual(['no test was executed'])
  })

  it('objects to a skipped test under CI alone', () => {
    const runs = [packageWith(['passed', 'skipped'])]
    expect(sumReports(runs, { runnerFailed: false, ci: true }).objections).toEqual([
      expect.stringContaining('and 1 did not'),
    ])
    expect(sumReports(runs, quiet).objections).toEqual([])
  })
})
