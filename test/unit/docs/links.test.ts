import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

const pages = ['.', 'docs', 'bench'].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
)
const { files } = JSON.parse(read('package.json')) as { files: string[] }
// npm packs the README and the license of every package.
const packed = [...files, 'README.md', 'LICENSE']

const isPacked = (path: string): boolean =>
  packed.some((each) => path === each || path.startsWith(`${each}/`))

/** The text without blocks of code and without code in a line. */
const prose = (page: string): string =>
  read(page)
    .replaceAll(/^```[\s\S]*?^```$/gm, '')
    .replaceAll(/`[^`\n]*`/g, 'code')

/** The relative links of a page. */
const linksOf = (page: string): string[] =>
  [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))

/** The anchors of a page, as GitHub makes them from its headings. */
function anchorsOf(page: string): string[] {
  const headings = read(page)
    .replaceAll(/^```[\s\S]*?^```$/gm, '')
    .matchAll(/^#+ (.*)$/gm)
  return [...headings].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

test.each(pages)('every link of %s leads to a page and a heading that exist', (page) => {
  for (const link of linksOf(page)) {
    const [path = '', anchor] = link.split('#')
    const target = path === '' ? page : relative(root, resolve(root, dirname(page), path))
    expect(existsSync(join(root, target)), `${page}: ${link}`).toBe(true)
    if (anchor !== undefined) expect(anchorsOf(target), `${page}: ${link}`).toContain(anchor)
  }
})

test('every link of a page in the package leads to a file in the package', () => {
  const outside = pages
    .filter(isPacked)
    .flatMap((page) => linksOf(page).map((link) => ({ page, link })))
    .filter(({ page, link }) => {
      const target = resolve(root, dirname(page), link.split('#')[0] ?? '')
      return !link.startsWith('#') && !isPacked(relative(root, target))
    })
  expect(outside).toEqual([])
})

test('the README has at most 150 lines', () => {
  expect(read('README.md').split('\n').length).toBeLessThanOrEqual(151)
})
