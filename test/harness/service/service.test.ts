import { afterEach, describe, expect, test } from 'vitest'
import { parseReport } from '../../../src/grading/report/read-report.ts'
import { repeats } from '../../repeats.ts'
import { missingForService, Service, type ServiceProcess, until } from './service.ts'

const missing = missingForService()
if (missing !== undefined) console.warn(`NOT TESTED: examples/service: ${missing}`)

const RIGHT = 'print(sorted(map(int, input().split()))[1])\n'
/** The grading takes long enough for the test to kill its worker. */
const SLOW = `import time\ntime.sleep(1)\n${RIGHT}`

let service: Service | undefined
afterEach(async () => {
  await service?.stop()
  service = undefined
})

async function start(): Promise<Service> {
  service = await Service.start()
  return service
}

/** The points of each submission, from every stored report. */
async function stored({ redis }: Service): Promise<[id: string, points: number][]> {
  const reports = Object.values(await redis.hgetall('gradebox:results'))
  return reports
    .flatMap((text) => parseReport(JSON.parse(text), 'stored').submissions)
    .map(({ id, points }): [string, number] => [id, points])
    .sort()
}

const isGrading = ({ output }: ServiceProcess) => output().includes(' is being graded\n')
const count = (workers: readonly ServiceProcess[], line: string) =>
  workers.reduce((sum, { output }) => sum + output().split(line).length - 1, 0)

describe.skipIf(missing !== undefined)('the service of examples/service', () => {
  test('grades each job in the queue once', async () => {
    const here = await start()
    const first = await here.run('submit.mjs', 'submissions/ada', 'submissions/bob')
    expect(first).toMatch(
      /^ada submission-\w+ is in the queue\nbob submission-\w+ is in the queue\n$/,
    )
    await here.run('submit.mjs', 'submissions/ada')
    const worker = here.startWorker()
    await until(async () => (await stored(here)).length === 2)
    expect(await stored(here)).toEqual([
      ['ada', 5],
      ['bob', 1.5],
    ])
    const again = await here.run('submit.mjs', 'submissions/ada')
    expect(again).toMatch(/^ada submission-\w+ is graded already\n$/)
    // SIGTERM ends a worker after its current job.
    worker.child.kill('SIGTERM')
    expect(await worker.exit).toBe(0)
    expect(count([worker], ' is being graded\n')).toBe(2)
    expect(await here.run('results.mjs')).toMatch(/\n0 waiting, 0 being graded, 0 failed\n$/)
  })

  test('loses no job and scores none twice when workers are killed', async () => {
    const here = await start()
    const ids = ['s0', 's1', 's2']
    for (const id of ids) here.write(`submissions/${id}/main.py`, SLOW)
    await here.run('submit.mjs', ...ids.map((id) => `submissions/${id}`))
    const workers: ServiceProcess[] = []
    for (let kill = 0; kill < repeats(2, 4); kill++) {
      const worker = here.startWorker()
      workers.push(worker)
      await until(() => isGrading(worker))
      worker.child.kill('SIGKILL')
      await worker.exit
    }
    workers.push(here.startWorker(), here.startWorker())
    await until(async () => (await stored(here)).length === ids.length)
    await until(async () => (await here.counts()).completed === ids.length)
    expect(await stored(here)).toEqual(ids.map((id) => [id, 5]))
    expect(await here.counts()).toMatchObject({ wait: 0, active: 0, failed: 0 })
    expect(count(workers, ' is stored\n')).toBe(ids.length)
  })

  test('keeps the first report when a worker was paused for longer than its lock', async () => {
    const here = await start()
    here.write('submissions/ada/main.py', SLOW)
    await here.run('submit.mjs', 'submissions/ada')
    const paused = here.startWorker(1000)
    await until(() => isGrading(paused))
    paused.child.kill('SIGSTOP')
    const other = here.startWorker(1000)
    await until(() => count([other], ' is stored\n') === 1)
    const [report] = Object.values(await here.redis.hgetall('gradebox:results'))
    paused.child.kill('SIGCONT')
    await until(() => count([paused], ' was stored by another worker\n') === 1)
    expect(Object.values(await here.redis.hgetall('gradebox:results'))).toEqual([report])
  })

  test('gives no score when the grading fails on this machine, and grades again on request', async () => {
    const here = await start()
    const text = 'name = "Median"\n[[tests]]\nname = "x"\nstdin = "3 1 2\\n"\nstdout = "2"\n'
    here.write('assignment/assignment.toml', `${text}limits = { memory = "64KiB" }\n`)
    await here.run('submit.mjs', 'submissions/ada')
    here.startWorker()
    await until(async () => (await here.counts()).failed === 1)
    expect(await stored(here)).toEqual([])
    expect(await here.run('results.mjs')).toMatch(
      /\nfailed: ada submission-\w+ gradebox grade ended with 2:\n$/,
    )
    here.write('assignment/assignment.toml', text)
    await here.run('results.mjs', '--retry')
    await until(async () => (await stored(here)).length === 1)
    expect(await stored(here)).toEqual([['ada', 1]])
  })
})
