import { expect, test } from 'vitest'
import { Recorder } from '../../../../src/grading/assignment/recorder.ts'

test('a message of award() may quote a program, so it has no character that a terminal obeys', () => {
  const recorder = new Recorder(2)
  recorder.award(0.5, 'printed \u001b[2J\u009b31m\r\n\tend')
  recorder.award(0.5)
  expect(recorder.messages).toEqual(['printed \\e[2J\\x9b31m\\r\n\tend'])
  expect(recorder.awarded).toBe(1)
})
