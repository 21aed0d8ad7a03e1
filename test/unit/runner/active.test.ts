import { createContext, runInContext } from 'node:vm'
import { expect, test } from 'vitest'
import {
  activeRuns,
  endActiveRuns,
  registerPool,
  registerRun,
  shareActiveRuns,
} from '../../../src/runner/active.ts'

const run = (name: string, end = async () => {}) => ({ describe: () => name, end })

test('a run is active until it has ended', () => {
  const over = registerRun(run('./a.out (pid 7)'))
  expect(activeRuns()).toEqual({ count: 1, describe: ['./a.out (pid 7)'] })
  over()
  over()
  expect(activeRuns()).toEqual({ count: 0, describe: [] })
})

test('every unfinished run is ended, also one that starts meanwhile', async () => {
  const ended: string[] = []
  registerRun(
    run('first', async () => {
      registerRun(run('second', async () => void ended.push('second')))
      ended.push('first')
    }),
  )
  await endActiveRuns()
  expect(ended).toEqual(['first', 'second'])
  expect(activeRuns().count).toBe(0)
})

test('a run that cannot be ended does not delay the others', async () => {
  const ended: string[] = []
  const failure = new Error('no')
  registerRun(run('bad', () => Promise.reject(failure)))
  registerRun(run('good', async () => void ended.push('good')))
  await expect(endActiveRuns()).rejects.toMatchObject({ errors: [failure] })
  expect(ended).toEqual(['good'])
  expect(activeRuns().count).toBe(0)
})

test('a waiting pool learns when all runs have ended, and ends with them', async () => {
  const heard: string[] = []
  const pool = { onIdle: () => heard.push('idle'), end: async () => void heard.push('end') }
  const unregister = registerPool(pool)
  const [first, second] = [registerRun(run('first')), registerRun(run('second'))]
  first()
  expect(heard).toEqual([])
  second()
  second()
  expect(heard).toEqual(['idle'])
  const third = registerRun(run('third'))
  await endActiveRuns()
  third()
  expect(heard).toEqual(['idle', 'end'])
  unregister()
  registerRun(run('fourth'))()
  await endActiveRuns()
  expect(heard).toEqual(['idle', 'end'])
})

test('another realm that shares the runs sees the same ones', () => {
  const context = createContext()
  shareActiveRuns(context)
  const over = registerRun(run('here'))
  const size = "globalThis[Symbol.for('gradebox.activeRuns')].size"
  expect(runInContext(size, context)).toBe(1)
  over()
  expect(runInContext(size, context)).toBe(0)
})
