// The same assignment for every test runner: ten tests.
module.exports = function declare(assignment) {
  const median = assignment({
    name: 'Median',
    submissions: 'submissions',
    limits: { memory: '256MiB', output: '64KiB' },
    adjust: ({ submission, points }) =>
      submission.id.endsWith('-java')
        ? [{ name: 'late', points: -points / 10, message: 'Late' }]
        : [],
  })
  median.test('three numbers', { points: 0.1 }, async ({ run, expect }) => {
    expect(await run({ stdin: '3 1 2\n' })).toHaveStdout({ lines: '2' })
  })
  median.test.each([
    ['1', '1'],
    ['5 6 4', '5'],
  ])('numbers %s', { points: 0.2, hint: 'Sort first.' }, async (input, answer, { run, expect }) => {
    expect(await run({ stdin: input })).toHaveStdout({ tokens: answer })
  })
  median.group('edge', { points: 3, mode: 'min' })
  median.test.for([{ input: '2 2' }, { input: '-1 0 1' }])(
    'edge $input',
    { group: 'edge' },
    async ({ input }, { run, award }) => {
      const { stdout } = await run({ stdin: input })
      award(/^-?\d+\n$/.test(stdout) ? 0.5 : 0, 'Half of it is for the form.')
      award(stdout.trim() === (input === '2 2' ? '2' : '0') ? 0.5 : 0)
    },
  )
  median.cases('secret', { points: 5, visibility: 'hidden', group: 'all' })
  median.test('bonus', { points: 1, extraCredit: true }, async ({ submission, award }) => {
    award(submission.language === 'c' ? 1 : 0)
  })
}
