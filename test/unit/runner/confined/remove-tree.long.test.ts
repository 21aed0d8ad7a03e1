import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { removeTree } from '../../../../src/runner/confined/remove-tree.ts'

test('a tree of 5,000 nested directories that forbid listing is removed', async () => {
  const top = mkdtempSync(join(tmpdir(), 'gradebox-remove-'))
  const deep = 'import os\nfor _ in range(5000):\n  os.mkdir("d"); os.chdir("d")\nopen("f", "w")'
  execFileSync('python3', ['-c', deep], { cwd: top })
  mkdirSync(join(top, 'closed'))
  writeFileSync(join(top, 'closed', 'file'), '')
  execFileSync('chmod', ['000', join(top, 'closed')])
  await removeTree(top)
  expect(existsSync(top)).toBe(false)
}, 60_000)

test('a symbolic link is removed, and its target is not', async () => {
  const [top, other] = ['a', 'b'].map((name) => mkdtempSync(join(tmpdir(), `gradebox-${name}-`)))
  if (top === undefined || other === undefined) throw new Error('No directories')
  writeFileSync(join(other, 'kept'), '')
  symlinkSync(other, join(top, 'link'))
  await removeTree(top)
  expect([existsSync(top), existsSync(join(other, 'kept'))]).toEqual([false, true])
  await removeTree(other)
})
