import { createSimulator, type Simulator } from '@sluice/simulator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { onDemo } from './testing/on-demo.ts'
import { ask, noBrowser, savedTexts, untilQuiet } from './testing/visit.ts'

const RICH = `# Title

| a | b |
|---|---|
| 1 | 2 |

\`\`\`js
const gate = "${'x'.repeat(200)}"
\`\`\`

$$
e^{i\\pi} + 1 = 0
$$

<img src=x onerror="document.title='broken in'"><script>document.title = 'broken in'</script>
[press me](javascript:document.title='broken in') [fine](https://example.com) ${'w'.repeat(200)}
`

const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
)

describe.skipIf(noBrowser)('what an answer holds', () => {
  let simulator: Simulator
  beforeAll(async () => {
    simulator = await createSimulator({
      tokensPerSecond: 500,
      answer: ({ prompt }) => (prompt === 'rich' ? RICH : `You said ${prompt}.`),
    })
  })
  const on = onDemo(() => ({ SIMULATOR_URL: simulator.url }))
  afterAll(() => simulator?.close())

  it('is laid out as Markdown, and what is injected does nothing', async () => {
    const visit = await on.visit({
      viewport: { width: 375, height: 740 },
      permissions: ['clipboard-read', 'clipboard-write'],
    })
    const { page, answer } = visit
    await ask(visit, 'rich')
    await untilQuiet(visit)
    await answer.locator('.katex').first().waitFor()
    expect(await answer.locator('h1').innerText()).toBe('Title')
    expect(await answer.getByRole('cell').allInnerTexts()).toEqual(['1', '2'])
    expect(await answer.locator('code .hljs-keyword').innerText()).toBe('const')
    expect(await answer.locator('script, img').count()).toBe(0)
    expect(await answer.locator('a[href^="javascript" i]').count()).toBe(0)
    expect(await answer.getByRole('link', { name: 'fine' }).getAttribute('rel')).toContain('noopener')
    await answer.getByText('press me').click()
    expect(await page.title()).not.toBe('broken in')
    await answer.getByRole('button', { name: 'Copy' }).click()
    await answer.getByRole('button', { name: 'Copied' }).waitFor()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^const gate = "x{200}"\n?$/)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(375)
  })

  it('keeps its reasoning folded', async () => {
    const visit = await on.visit()
    await visit.page.getByLabel('Model').selectOption('simulator/reasoning')
    await ask(visit, 'Hello')
    await untilQuiet(visit)
    const reasoning = visit.page.locator('details.reasoning')
    expect(await reasoning.getAttribute('open')).toBeNull()
    await reasoning.getByText('Reasoning').click()
    expect((await reasoning.locator('p').innerText()).length).toBeGreaterThan(5)
  })

  it('shows the tools that it calls, and goes on with what they gave', async () => {
    const visit = await on.visit()
    const { page } = visit
    await page.getByLabel('Model').selectOption('simulator/tool-calls')
    await ask(visit, 'What time is it?')
    await visit.log.getByText('You said What time is it?').waitFor()
    await page.getByText('Called get_time').click()
    const output = page.locator('details.tool-call').first().locator('pre').last()
    expect(await output.innerText()).toMatch(/\d\d:\d\d:\d\d/)
    await page.reload()
    await page.getByText('Called get_language').click()
    expect(await page.locator('details.tool-call').nth(1).locator('pre').last().innerText()).toBe('en')
  })

  it('follows a question with a picture, also after a reload', async () => {
    const visit = await on.visit()
    const { page } = visit
    await page.locator('input[type=file]').setInputFiles({ name: 'a.txt', mimeType: 'text/plain', buffer: PICTURE })
    await page.getByText('a.txt is no picture. Choose a PNG').waitFor()
    await page.locator('input[type=file]').setInputFiles({ name: 'dot.png', mimeType: 'image/png', buffer: PICTURE })
    await page.getByRole('img', { name: 'dot.png' }).waitFor()
    await ask(visit, 'What is this?')
    await untilQuiet(visit)
    await page.reload()
    await page.getByRole('article', { name: 'You' }).getByRole('img').waitFor()
    const width = (box: HTMLImageElement) => box.naturalWidth
    expect(await page.getByRole('article', { name: 'You' }).locator('img').evaluate(width)).toBe(1)
  })

  it('can be asked for again, and a question be asked in other words, each as a branch of its own', async () => {
    const visit = await on.visit()
    const { page } = visit
    await ask(visit, 'one')
    await untilQuiet(visit)
    await page.getByRole('button', { name: 'Edit' }).click()
    await page.getByRole('textbox', { name: 'Your message, in other words' }).fill('two')
    await page.keyboard.press('Enter')
    await visit.log.getByText('You said two.').waitFor()
    await untilQuiet(visit)
    await page.getByRole('group', { name: 'Version 2 of 2' }).getByRole('button', { name: 'Previous version' }).click()
    await visit.log.getByText('You said one.').waitFor()
    await page.getByRole('button', { name: 'Ask again' }).click()
    await page.getByRole('article', { name: 'Answer' }).getByRole('group', { name: 'Version 2 of 2' }).waitFor()
    await untilQuiet(visit)
    await savedTexts(visit)
    await page.reload()
    await page.getByRole('article', { name: 'Answer' }).getByRole('group', { name: 'Version 2 of 2' }).waitFor()
    await page.getByRole('group', { name: 'Version 1 of 2' }).getByRole('button', { name: 'Next version' }).click()
    await visit.log.getByText('You said two.').waitFor()
    expect(await visit.log.getByText('You said one.').count()).toBe(0)
  })

  it('can be copied, and saved as a file of Markdown, with the whole conversation', async () => {
    const visit = await on.visit({ permissions: ['clipboard-read', 'clipboard-write'] })
    const { page } = visit
    await ask(visit, 'one')
    await untilQuiet(visit)
    await page.getByRole('button', { name: 'Copy the conversation' }).click()
    await page.getByRole('banner').getByText('Copied').waitFor()
    const text = await page.evaluate(() => navigator.clipboard.readText())
    expect(text).toBe('## You\n\none\n\n## Answer\n\nYou said one.\n')
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export as Markdown' }).click(),
    ])
    expect(download.suggestedFilename()).toBe('one.md')
  })
})
