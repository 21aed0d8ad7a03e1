import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { splitReport, writers } from '../../../src/grading/writers/index.ts'
import { classOf300, HOSTILE } from './class-of-300.ts'

const executablePath = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(existsSync)
if (executablePath === undefined) {
  console.warn(
    'Skipped: the HTML report in a browser, because Chromium is not installed (apt-get install chromium).',
  )
}

describe.skipIf(executablePath === undefined)('the HTML report in Chromium', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gradebox-report-'))
  let browser: Browser
  let page: Page
  const requests: string[] = []
  const complaints: string[] = []

  const openPage = async (file: string, html: string | Uint8Array) => {
    const path = join(folder, file)
    writeFileSync(path, html)
    await page.goto(pathToFileURL(path).href)
  }

  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: executablePath as string,
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-sync'],
    })
    page = await browser.newPage()
    page.on('request', (request) => requests.push(request.url()))
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    await openPage('class.html', writers.html(classOf300(), {}))
  }, 120_000)

  afterAll(async () => {
    await browser?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const rows = () => page.locator('#class tbody tr')
  const firstRow = () => rows().first().locator('th').innerText()

  test('it requests nothing but itself, and the console stays empty', async () => {
    expect(await rows().count()).toBe(300)
    expect(requests.filter((url) => !url.startsWith('file:') && !url.startsWith('data:'))).toEqual(
      [],
    )
    expect(complaints).toEqual([])
  })

  test('a click on a column sorts by it, and a second click reverses the order', async () => {
    const header = page.getByRole('button', { name: /^Points/ })
    const pointsOf = async () =>
      (await rows().locator('td:nth-child(3)').allInnerTexts()).map((text) =>
        text === 'not graded' ? -1 : Number(text),
      )
    await header.click()
    const down = await pointsOf()
    expect(down).toEqual([...down].sort((a, b) => b - a))
    await header.click()
    const up = await pointsOf()
    expect(up).toEqual([...up].sort((a, b) => a - b))
    await page.getByRole('button', { name: /^Submission/ }).click()
    expect(await firstRow()).toBe('Name 0 (student-000)')
  })

  test('search and filter leave the rows that match', async () => {
    await page.getByLabel('Search').fill('student-29')
    expect(await rows().count()).toBe(10)
    await page.getByLabel('Search').fill('')
    await page.getByLabel('Show').selectOption('Not gradable')
    expect(await rows().locator('th').allInnerTexts()).toEqual(['Name 5 (student-005)'])
    await page.getByLabel('Show').selectOption('All submissions')
  })

  test('the keyboard reaches a submission and comes back', async () => {
    await page.evaluate('document.activeElement.blur()')
    await page.keyboard.press('/')
    expect(await page.evaluate('document.activeElement.id')).toBe('search')
    await page.keyboard.press('Escape')
    await page.locator('.open').first().focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    expect(await page.locator('h1').innerText()).toBe('Name 1 (student-001)')
    await page.keyboard.press('Escape')
    expect(await rows().count()).toBe(300)
  })

  test('hostile output is shown as text', async () => {
    await page.getByRole('button', { name: 'Name 0 (student-000)' }).click()
    expect(await page.title()).toBe('Median')
    const text = await page.locator('main').innerText()
    expect(text).toContain("<script>document.title = 'owned'</script>")
    expect(text).toContain('␛[31m\\u202eevil\\u2066')
    expect(text).not.toContain('\u202e')
    expect(await page.locator('main script, main img').count()).toBe(0)
    expect(complaints).toEqual([])
    await page.goBack()
  })

  test('identical submissions are named', async () => {
    expect(await page.getByRole('listitem').allInnerTexts()).toEqual([
      'Name 298 (student-298) = Name 299 (student-299)',
    ])
  })

  test("a student's page has the student's feedback, and nothing for staff", async () => {
    const report = classOf300()
    const parts = splitReport(
      { ...report, submissions: report.submissions.slice(1, 3) },
      'student-html',
      'x.html',
    )
    const html = String(writers['student-html'](parts[0]?.report ?? report, {}))
    expect(html).not.toContain('python3 main.py')
    expect(html).not.toContain('print(1)')
    await openPage('handout.html', html)
    expect(await page.locator('h1').innerText()).toBe('Name 1 (student-001)')
    expect(await page.getByText('For staff').count()).toBe(0)
    expect(complaints).toEqual([])
  })

  test('the anonymous page names no student', () => {
    const html = String(writers.html(classOf300(), { anonymous: true }))
    expect(html).not.toMatch(/Name \d|s\d+@example\.org|student-\d/)
    expect(html).toContain('submission 300')
  })
})

test('no data can end the script element', () => {
  const html = String(writers.html(classOf300(), {}))
  expect(html.match(/<script/g)).toHaveLength(2)
  expect(html).not.toContain(HOSTILE.slice(0, 20))
})
