import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const project = resolve(import.meta.dirname, '../projects/types')
const tsc = resolve('node_modules/typescript/bin/tsc')
const options = '--noEmit --strict --skipLibCheck --module nodenext --target es2022 --types node'

/**
 * Tests the installed package's types.
 *
 * @param root - The folder where the package is installed, with the packages that its types need.
 * @param files - Files of `projects/types` that use the types.
 */
export function testTypes(root: string, files: readonly string[]): void {
  test.for(files)('the package’s types fit: %s', (file) => {
    const directory = mkdtempSync(join(root, 'types-'))
    cpSync(project, directory, { recursive: true })
    const run = spawnSync(process.execPath, [tsc, ...options.split(' '), file], {
      cwd: directory,
      encoding: 'utf8',
    })
    expect(run.stdout).toBe('')
    expect(run.status).toBe(0)
  })
}
