import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { inOrder, writeTried } from '../../vm/host/order.ts'
import { settings } from '../../vm/settings/settings.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const three = settings.slice(0, 3)
const [first, second, third] = three

function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'gradebox-order-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

test('settings that were never tried start at another place each day', () => {
  const directory = makeDirectory()
  expect(inOrder(three, directory, 0)).toEqual([first, second, third])
  expect(inOrder(three, directory, DAY_MS)).toEqual([second, third, first])
  expect(inOrder(three, directory, 3 * DAY_MS)).toEqual([first, second, third])
})

test('the settings that were not tried for the longest time come first', () => {
  const directory = makeDirectory()
  writeTried([...three.slice(0, 1), ...three.slice(2)], directory, 2)
  writeTried(three.slice(1, 2), directory, 1)
  expect(inOrder(three, directory, 0)).toEqual([second, first, third])
})
