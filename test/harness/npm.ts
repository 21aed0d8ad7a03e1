import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The environment for an npm that a test starts. It lacks the variables of an npm that may run the tests. It has the
 * variables that lead to a registry, such as a proxy or NODE_EXTRA_CA_CERTS.
 */
export function npmEnvironment(): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|NODE_OPTIONS$|NODE_ENV$|VITEST|INIT_CWD$)/.test(name),
  )
  return Object.fromEntries(others)
}

/**
 * Installs packages into a directory, once, and apart from the checkout's own packages.
 *
 * @returns the reason of a failure, or an empty text
 */
export function installOnce(directory: string, packages: readonly string[]): string {
  const done = join(directory, 'installed')
  if (existsSync(done)) return ''
  mkdirSync(directory, { recursive: true })
  const command = ['install', '--no-audit', '--no-fund', '--prefix', directory, ...packages]
  const { status, stderr } = spawnSync('npm', command, { encoding: 'utf8', env: npmEnvironment() })
  if (status !== 0) return `it cannot be installed: ${stderr}`
  writeFileSync(done, '')
  return ''
}
