import { expect, test } from 'vitest'
import { nearest } from '../../../src/errors/nearest.ts'

const known = ['walltime', 'fileSize', 'openFiles', 'cpu', 'core']

test.each([
  ['walltme', 'walltime'],
  ['wlaltime', 'walltime'],
  ['wall_time', 'walltime'],
  ['file_size', 'fileSize'],
  ['FILESIZE', 'fileSize'],
  ['open-file', 'openFiles'],
  ['cup', 'cpu'],
])('%s most likely means %s', (word, meant) => {
  expect(nearest(word, known)).toBe(meant)
})

test.each(['gpu_memory', 'xyz', '', 'time'])('%j resembles none of the names', (word) => {
  expect(nearest(word, known)).toBeUndefined()
})
