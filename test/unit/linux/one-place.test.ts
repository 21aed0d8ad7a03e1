import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const src = resolve(import.meta.dirname, '../../../src')

const filesIn = (folder: string): string[] =>
  readdirSync(join(src, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join(folder, path))

/**
 * The lines of a file that give a constant of the kernel's interface a value: `NAME=1`, `export const NAME = 1` or
 * `NAME: 1`.
 */
function definitions(path: string): string[] {
  const source = readFileSync(join(src, path), 'utf8').replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, '')
  const forms = [
    /(?<![\w.])([A-Z_][A-Z0-9]*_?[A-Za-z0-9_]*)=(?:0x[0-9a-f]+|\d+)/g,
    /^(?:export )?const ([A-Z][A-Za-z0-9_]*[A-Z0-9])(?:: \w+)? = (?:\{|0|-?\d|\(|[A-Z~])/gm,
    // Tables of other folders use such lines for their own facts about a constant.
    ...(path.startsWith('linux/')
      ? [/^ {2}([A-Z][A-Z0-9]*_?[A-Z0-9_]*): (?:0x[0-9a-f_]+|0o\d+|-?\d+),$/gm]
      : []),
  ]
  return forms.flatMap((form) => [...source.matchAll(form)].map(([, name = '']) => name))
}

test('src/linux gives every constant a value in one place', () => {
  const seen = new Map<string, string>()
  const twice: string[] = []
  for (const path of filesIn('linux')) {
    for (const name of definitions(path)) {
      const other = seen.get(name)
      if (other !== undefined) twice.push(`${name}: ${other} and ${path}`)
      seen.set(name, path)
    }
  }
  expect(twice).toEqual([])
  expect(seen.size).toBeGreaterThan(600)
})

test('no other folder defines one of these constants again', () => {
  const known = new Set(filesIn('linux').flatMap(definitions))
  const again = filesIn('.')
    .filter((path) => !path.startsWith('linux/'))
    .flatMap((path) =>
      definitions(path)
        .filter((name) => known.has(name))
        .map((name) => `${name}: ${path}`),
    )
  expect(again).toEqual([])
})
