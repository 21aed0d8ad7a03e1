import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { VitestPluginContext } from 'vitest/node'
import gradebox from '../../../src/environment/vitest/plugin.ts'

/** The plugin's changes to a project's configuration, and the values that it provides to the project. */
function configure<Config extends object>(config: Config) {
  const provided: unknown[] = []
  const vitest = { config: { reporters: ['default'] }, onClose: () => {} }
  const provide = (_: string, value: unknown) => provided.push(value)
  const project = { config, provide, vitest }
  const context = { project, vitest } as unknown as VitestPluginContext
  const plugin = gradebox({ limits: { walltime: '2s' } })
  const { configureVitest } = plugin as { configureVitest(context: VitestPluginContext): void }
  configureVitest(context)
  configureVitest(context)
  return { config, provided }
}

const node = () => ({
  environment: 'node',
  setupFiles: ['own.ts'],
  root: '/project',
  include: [] as string[],
  exclude: [] as string[],
  typecheck: { exclude: [] as string[] },
})

test('a project gets setup file, environment and defaults, each once', () => {
  const { config, provided } = configure(node())
  expect(config).toMatchObject({
    environment: expect.stringMatching(/\/vitest\/environment\.ts$/),
    environmentOptions: { gradebox: { limits: { walltime: '2s' } } },
    setupFiles: [expect.stringMatching(/\/vitest\/setup\.ts$/), 'own.ts'],
  })
  const [setupFile = ''] = config.setupFiles
  for (const file of [config.environment, setupFile]) expect(existsSync(file)).toBe(true)
  expect(provided[1]).toMatchObject({ defaults: { limits: { walltime: '2s' } } })
})

test('a project that runs in a browser is not changed', () => {
  const inBrowser = { ...node(), browser: { enabled: true } }
  expect(configure(inBrowser)).toEqual({
    config: { ...node(), browser: { enabled: true } },
    provided: [],
  })
})
