const { fabricate } = require('./runs.js')

test('a wrong answer', () => {
  expect(fabricate(0, '4\n')).toHaveStdout('3\n')
})

test('a run that was not awaited', () => {
  expect(Promise.resolve(fabricate(0))).not.toSucceed()
})
