import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../../..')
const { exports, typesVersions, scripts } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
) as {
  exports: Record<string, unknown>
  typesVersions: { '*': Record<string, string[]> }
  scripts: Record<string, string>
}

test('every entry with types also has them for moduleResolution node10', () => {
  const typed = Object.entries(exports)
    .filter(([name, entry]) => name !== '.' && JSON.stringify(entry).includes('"types"'))
    .map(([name]) => name.slice('./'.length))
  expect(Object.keys(typesVersions['*']).sort()).toEqual(typed.sort())
})

test('no script runs when somebody installs the package', () => {
  const automatic = ['preinstall', 'install', 'postinstall', 'prepare']
  expect(Object.keys(scripts).filter((name) => automatic.includes(name))).toEqual([])
})
