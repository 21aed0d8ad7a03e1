import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vitest/config'
import { checkOptions, type GradeboxOptions } from './options.ts'
import { provided } from './provided.ts'
import { workerCount } from './workers.ts'

export type { GradeboxOptions } from './options.ts'

const environmentFile = sibling('vitest-environment')
const setupFile = sibling('vitest-setup')

// Vitest imports a file from node_modules once a worker, and a setup file must run once a test file.
const inlineSetupFile = { test: { server: { deps: { inline: [/[\\/]vitest-setup\.[jt]s$/] } } } }

/**
 * The Vitest plugin: registers the matchers, hands defaults to `sandboxed()` in every worker, and
 * ends what a test file left running. It chooses its own environment unless the project has one.
 *
 * @throws {TypeError} at once when an option is wrong.
 * @example
 * import { defineConfig } from 'vitest/config'
 * import gradebox from 'gradebox/vitest'
 *
 * export default defineConfig({
 *   plugins: [gradebox({ policy: 'python', limits: { walltime: '5s' } })],
 * })
 */
export function gradebox(options: GradeboxOptions = {}): Plugin {
  checkOptions(options)
  return {
    name: 'gradebox',
    config: ({ test }) => (test?.server?.deps?.inline === true ? undefined : inlineSetupFile),
    configureVitest({ project, vitest }) {
      const { config } = project
      if (config.environment === 'node') config.environment = environmentFile
      config.setupFiles.unshift(setupFile)
      const workers = workerCount(config, vitest.config)
      project.provide('gradebox', provided(options, config.root, workers))
    },
  }
}

export default gradebox

function sibling(name: string): string {
  const extension = extname(fileURLToPath(import.meta.url))
  return fileURLToPath(new URL(`./${name}${extension}`, import.meta.url))
}
