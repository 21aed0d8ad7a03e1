import { expect, test } from 'vitest'
import { toCsv, writeCsv } from '../../../../src/grading/writers/csv.ts'
import { declared, ended, report, submission } from '../report/sample.ts'

test('the CSV has a row per submission, and no points for a submission that is not gradable', () => {
  const tests = [declared(1, { weight: 0.1 }), declared(2, { weight: 0.2 })] as const
  const [one, two] = tests
  const csv = writeCsv(
    report(tests, [
      submission('ada', [ended(one, 0.1), ended(two, 0.2)], {
        people: [{ name: 'Ada, Countess', email: 'ada@example.org' }, { name: 'Charles' }],
        language: { name: 'c', title: 'C' },
        adjustments: [{ name: 'late', points: -0.05, message: '' }],
      }),
      submission('bob', [ended(one, 0.1), ended(two, 0, { status: 'error' })], {
        problems: ['gcc is missing'],
      }),
      submission('eve', [ended(one, 0.1)]),
    ]),
    {},
  )
  expect(csv).toBe(
    [
      'id,names,emails,language,points,max_points,status,1 test 1,2 test 2,adjustments,problems',
      'ada,"Ada, Countess; Charles",ada@example.org,C,0.25,0.3,graded,0.1,0.2,late -0.05,',
      'bob,bob,,,,0.3,not gradable,0.1,error,,gcc is missing',
      'eve,eve,,,,0.3,incomplete,0.1,,,',
      '',
    ].join('\r\n'),
  )
})

test('no cell is a formula, or a command to a terminal', () => {
  const rows = [
    [
      '=1+1',
      '+1',
      '-1',
      '-1.5',
      '@x',
      '\t=1',
      ' =1',
      '-x',
      '|x',
      'a=b',
      '＝1',
      '\r=1',
      'a\u001b[2J',
    ],
  ]
  expect(toCsv(rows)).toBe(`'=1+1,'+1,-1,-1.5,'@x,'\t=1,' =1,'-x,'|x,a=b,'＝1,\\r=1,a\\e[2J\r\n`)
})
