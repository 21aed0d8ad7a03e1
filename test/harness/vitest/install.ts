import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { inject } from 'vitest'
import { npmEnvironment } from '../npm.ts'
import type { Installation } from '../run-project.ts'

const manifests = resolve(import.meta.dirname, '../vitest5')

/**
 * Installs the packages of Vitest 5, with a Node that it accepts, beside this package.
 *
 * These packages are not development dependencies of the checkout. On Node 20, `npm ci` would warn about Vitest 5, and
 * its programs would replace those of Vitest 4 and Node in `node_modules/.bin`.
 */
export function installVitest5(): { installation: Installation } | { obstacle: string } {
  const packages = installPackages()
  if (typeof packages === 'string') return { obstacle: packages }
  const root = mkdtempSync(join(inject('harnessRoot'), 'vitest5-'))
  const modules = join(root, 'node_modules')
  mkdirSync(modules)
  const harness = join(inject('harnessRoot'), 'node_modules')
  link(packages.modules, modules)
  link(harness, modules, 'gradebox')
  cpSync(join(harness, 'gradebox'), join(modules, 'gradebox'), { recursive: true })
  const node = join(packages.modules, `node-linux-${process.arch}`, 'bin/node')
  return { installation: { root, node, vitest: join(modules, 'vitest/vitest.mjs') } }
}

function link(from: string, to: string, except = ''): void {
  for (const name of readdirSync(from)) {
    const target = join(to, name)
    if (name.startsWith('.') || name === except || existsSync(target)) continue
    symlinkSync(join(from, name), target)
  }
}

// The directory of some 200 MB is kept for the next time.
function installPackages(): { modules: string } | string {
  const lock = readFileSync(join(manifests, 'package-lock.json'))
  const id = createHash('sha256').update(lock).digest('hex').slice(0, 16)
  const cache = resolve(import.meta.dirname, '../../../node_modules/.cache')
  const place = join(cache, `gradebox-vitest5-${id}`)
  const modules = join(place, 'node_modules')
  if (existsSync(place)) return { modules }
  let making: string
  try {
    mkdirSync(cache, { recursive: true })
    making = mkdtempSync(`${place}-`)
  } catch (error) {
    return `nothing can be written to ${cache}: ${error}`
  }
  cpSync(manifests, making, { recursive: true })
  const { status, stderr, error } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit'], {
    cwd: making,
    encoding: 'utf8',
    env: npmEnvironment(),
  })
  if (status === 0) {
    renameSync(making, place)
    return { modules }
  }
  rmSync(making, { recursive: true, force: true })
  return `npm ci in test/harness/vitest5 failed: ${error?.message ?? stderr}`
}
