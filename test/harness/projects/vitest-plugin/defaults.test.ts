import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { fabricate, leaveRunning } from './runs.ts'

test('a run is left behind', () => {
  leaveRunning()
})

test('the matchers are still there', () => {
  expect(fabricate(0)).toSucceed()
})

test('the plugin’s options arrive as defaults', () => {
  expect((globalThis as never)[Symbol.for('gradebox.defaults')]).toEqual({
    policy: resolve('policy.toml'),
    limits: { walltime: '5s' },
    env: { LANG: 'C.UTF-8' },
    concurrency: 3,
    workers: 1,
  })
})

test('the environment is ours', () => {
  expect(expect.getState()).toMatchObject({ environment: 'gradebox' })
})
