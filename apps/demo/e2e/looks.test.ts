import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { onDemo } from './testing/on-demo.ts'
import { ask, noBrowser, untilQuiet } from './testing/visit.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const PHONE = { viewport: { width: 375, height: 740 }, hasTouch: true }

describe.skipIf(noBrowser)('the chat page, for everybody', () => {
  const on = onDemo(() => ({ SIMULATOR_TOKENS_PER_SECOND: '400' }))

  it.each([
    ['light', { colorScheme: 'light' }],
    ['dark', { colorScheme: 'dark' }],
    ['on a phone', PHONE],
  ] as const)('has no serious fault against WCAG, %s', async (_name, options) => {
    const visit = await on.visit({ ...options, bypassCSP: true })
    await visit.page.addScriptTag({ content: AXE })
    expect(await faults(visit.page)).toEqual([])
    await ask(visit, 'Tell me a long story about a canal')
    await untilQuiet(visit)
    await visit.page.locator('.markdown').last().waitFor()
    expect(await faults(visit.page)).toEqual([])
    if (!('viewport' in options)) return
    for (const name of ['Conversations', 'The wire']) {
      await visit.page.getByRole('button', { name }).click()
      expect(await faults(visit.page)).toEqual([])
      await visit.page.keyboard.press('Escape')
    }
  })

  it('is dark where the system is', async () => {
    const ground = async (colorScheme: 'light' | 'dark') => {
      const { page } = await on.visit({ colorScheme })
      return page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)
    }
    expect([await ground('light'), await ground('dark')]).toEqual(['rgb(245, 247, 246)', 'rgb(14, 20, 19)'])
  })

  it('speaks Chinese to a browser that does, and another language on request', async () => {
    const visit = await on.visit({ locale: 'zh-CN' })
    const { page } = visit
    await page.getByRole('button', { name: '发送' }).waitFor()
    expect(await page.evaluate(() => document.documentElement.lang)).toMatch(/^zh/)
    expect(await page.locator('body').innerText()).not.toMatch(/Conversation|Message|Stop\b|Send/)
    await page.getByLabel('语言').selectOption('en')
    await visit.send.waitFor()
  })

  it('fits a phone, whose list and panel lie over the conversation and close again', async () => {
    const visit = await on.visit(PHONE)
    const { page } = visit
    await ask(visit, 'Hello')
    await untilQuiet(visit)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(375)
    const list = page.getByRole('navigation')
    await page.getByRole('button', { name: 'Conversations' }).click()
    await list.waitFor()
    await page.keyboard.press('Escape')
    expect(await list.count()).toBe(0)
    await page.getByRole('button', { name: 'Conversations' }).click()
    await list.getByRole('link', { name: 'Hello' }).click()
    expect(await list.count()).toBe(0)
    await page.getByRole('button', { name: 'The wire' }).click()
    await visit.meter.waitFor()
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(375)
    await page.keyboard.press('Escape')
    expect(await visit.meter.isVisible()).toBe(false)
    const sizes = await page
      .locator('button')
      .evaluateAll((buttons) =>
        buttons.map((button) => Math.min(button.clientHeight, button.clientWidth)).filter((size) => size > 0),
      )
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(24)
  })

  it('goes from the message to what can be done with it by Tab', async () => {
    const visit = await on.visit()
    await visit.textbox.fill('Hello')
    const seen: string[] = []
    for (let i = 0; i < 2; i += 1) {
      await visit.page.keyboard.press('Tab')
      seen.push(await visit.page.evaluate(() => document.activeElement?.closest('label, button')?.textContent ?? ''))
    }
    expect(seen).toEqual(['Attach pictures', 'Send'])
  })

  it('tells a screen reader politely that an answer begins, its paragraphs, and how it ended', async () => {
    const visit = await on.visit()
    const { page } = visit
    await page.evaluate(() => {
      const status = document.querySelector('[role=status]')
      const told: string[] = []
      Object.assign(globalThis, { told })
      if (status === null) return
      const note = (records: readonly MutationRecord[]): void => {
        told.push(...records.flatMap(({ addedNodes }) => [...addedNodes].map((node) => node.textContent ?? '')))
      }
      new MutationObserver(note).observe(status, { childList: true })
    })
    await ask(visit, 'Tell me a long story about a canal', 600)
    await visit.stop.click()
    await page.getByRole('status').getByText('The answer was stopped.').waitFor()
    const told: unknown = await page.evaluate(() => Object(globalThis).told)
    expect(told).toContain('The answer begins.')
    expect(JSON.stringify(told)).toContain('This is the simulator speaking')
    expect(Array.isArray(told) && new Set(told).size).toBe(Object(told).length)
  })
})

/** What axe finds to be serious or critical. */
function faults(page: Page): Promise<unknown> {
  return page.evaluate(async () => {
    const { violations } = await Object(globalThis).axe.run()
    return violations
      .filter(({ impact }: { impact: string }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }: { id: string; nodes: { html: string }[] }) => [id, nodes.map(({ html }) => html)])
  })
}
