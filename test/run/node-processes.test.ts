import { createInterface } from 'node:readline'
import { describe, expect, test } from 'vitest'
import { repeats } from '../repeats.ts'
import { runNode, startNode } from './support/built.ts'
import { eventually, makeMarker, processesWith } from './support/processes.ts'

describe('when the Node process ends', () => {
  const sleeping = (marker: string) =>
    `import { createSandbox } from 'gradebox-under-test'
     const sandboxed = createSandbox({ concurrency: 2 })
     const script = 'setsid sleep ${marker} & sleep 0.2; echo started; sleep ${marker}; true'
     for (const policy of ['strict', 'kiss']) {
       const run = sandboxed('sh', ['-c', script], { policy })
       run.stdout.once('data', () => console.log('started'))
     }`

  test.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
    'by %s, no process of its sandboxes survives',
    async (signal) => {
      const marker = makeMarker()
      const child = startNode(sleeping(marker))
      const closed = new Promise((settle) => child.on('close', settle))
      let started = 0
      for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
        if (line === 'started' && ++started === 2) break
      }
      expect(processesWith(marker).length).toBeGreaterThanOrEqual(4)
      child.kill(signal)
      await closed
      expect(await eventually(() => processesWith(marker).length === 0)).toBe(true)
    },
  )

  test('by process.exit(), no process of its sandboxes survives', async () => {
    const marker = makeMarker()
    const script = `import { sandboxed } from 'gradebox-under-test'
      const run = sandboxed('sh', ['-c', 'echo started; sleep ${marker}; true'])
      run.stdout.once('data', () => process.exit(7))`
    expect((await runNode(script)).code).toBe(7)
    expect(await eventually(() => processesWith(marker).length === 0)).toBe(true)
  })

  test('without a signal, it waits for its runs', async () => {
    const script = `import { sandboxed } from 'gradebox-under-test'
      sandboxed('sh', ['-c', 'sleep 0.3; echo done']).then((run) => console.log(run.stdout))`
    expect(await runNode(script)).toEqual({ code: 0, stdout: 'done\n\n', stderr: '' })
  })
})

describe('in a worker thread', () => {
  const worker = (body: string) => `
    import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads'
    import { fileURLToPath } from 'node:url'
    import { readdirSync, readFileSync } from 'node:fs'
    import { createSandbox, sandboxed } from 'gradebox-under-test'
    ${body}`

  test('programs run', async () => {
    const run = await runNode(
      worker(`
        if (isMainThread) {
          const workers = [1, 2, 3].map(() => new Worker(fileURLToPath(import.meta.url)))
          const answers = await Promise.all(workers.map((each) => new Promise((settle, fail) => each.on('message', settle).on('error', fail))))
          console.log(answers.join(' '))
        } else {
          const runs = await Promise.all([1, 2, 3].map(() => sandboxed('sh', ['-c', 'exit 3'])))
          parentPort.postMessage(runs.map((run) => run.exitCode).join(','))
        }`),
    )
    expect(run).toEqual({ code: 0, stdout: '3,3,3 3,3,3 3,3,3\n', stderr: '' })
  })

  test('that is terminated, programs end with the thread', async () => {
    const marker = makeMarker()
    const run = await runNode(
      worker(`
        const alive = () => readdirSync('/proc').filter((pid) => {
          try { return /^\\d+$/.test(pid) && readFileSync('/proc/' + pid + '/cmdline', 'utf8').includes('${marker}') }
          catch { return false }
        }).length
        if (isMainThread) {
          const child = new Worker(fileURLToPath(import.meta.url))
          await new Promise((settle) => child.on('message', settle))
          const before = alive()
          await child.terminate()
          for (let i = 0; i < 500 && alive() > 0; i++) await new Promise((settle) => setTimeout(settle, 20))
          console.log(before > 0, alive())
        } else {
          const run = sandboxed('sh', ['-c', 'echo started; sleep ${marker}; true'])
          run.stdout.once('data', () => parentPort.postMessage('started'))
        }`),
    )
    expect(run).toEqual({ code: 0, stdout: 'true 0\n', stderr: '' })
  })

  /** Counts the open files and the children of this process; a zombie is a child too. */
  const COUNTS = `
    const pause = (ms) => new Promise((settle) => setTimeout(settle, ms))
    const left = () => ({
      files: readdirSync('/proc/self/fd').length,
      // Field 4 of proc_pid_stat(5) is the parent.
      children: readdirSync('/proc').filter((pid) => {
        try { return /^\\d+$/.test(pid) && readFileSync('/proc/' + pid + '/stat', 'utf8').replace(/^.*\\) . /s, '').startsWith(process.pid + ' ') }
        catch { return false }
      }).length,
    })`

  /** Terminates pairs of worker threads, and compares what this process has before and after. */
  const terminatePairs = (pairs: number, latestMs: number) => `
    await sandboxed('cat', [], { collect: ['*'] })
    const first = new Worker('', { eval: true })
    await new Promise((settle) => first.on('exit', settle))
    await pause(1500)
    const before = left()
    for (let i = 0; i < ${pairs}; i++) {
      const workers = [['out'], ['out/**']].map((workerData) => new Worker(fileURLToPath(import.meta.url), { workerData }))
      await Promise.all(workers.map((each) => new Promise((settle) => each.on('message', settle))))
      await Promise.all(workers.map(async (each) => {
        await pause(Math.random() * ${latestMs})
        await each.terminate()
      }))
    }
    const isClean = () => JSON.stringify(left()) === JSON.stringify(before)
    for (let i = 0; i < 200 && !isClean(); i++) await pause(50)
    console.log(JSON.stringify({ before, after: left() }))`

  test.each([
    [
      'in mid-run',
      1,
      `const run = createSandbox({ warm: 1 })('sh', ['-c', 'echo started; sleep 1000'], {
         collect: workerData,
         stdin: 'x'.repeat(1e5),
       })
       await new Promise((settle) => run.stdout.once('data', settle))
       parentPort.postMessage('started')`,
    ],
    [
      'at any moment of run after run',
      repeats(4, 12),
      `const start = createSandbox({ concurrency: 2 })
       const one = () => start('true', [], { collect: workerData, stdin: 'x'.repeat(1e5) })
       const runs = async () => { for (;;) await one() }
       // koffi ends the process when a thread is terminated while it declares functions: at their first use.
       await one()
       runs()
       runs()
       parentPort.postMessage('started')`,
    ],
  ])(
    'that is terminated %s, no descriptor and no process remain',
    async (_, pairs, body) => {
      const run = await runNode(
        worker(`${COUNTS}
          if (isMainThread) {${terminatePairs(pairs, 30)}} else {${body}}`),
      )
      expect(run.stderr).toBe('')
      const { before, after } = JSON.parse(run.stdout)
      expect(after).toEqual(before)
    },
    180_000,
  )

  test('that ends, a descriptor that the run has closed is not closed a second time', async () => {
    const run = await runNode(
      worker(`
        import { closeSync, fstatSync, openSync } from 'node:fs'
        if (isMainThread) {
          const child = new Worker(fileURLToPath(import.meta.url))
          const exited = new Promise((settle) => child.on('exit', settle))
          await new Promise((settle) => child.on('message', settle))
          // The lowest free numbers. The thread had them before.
          const files = Array.from({ length: 100 }, () => openSync('/dev/null'))
          child.postMessage('end')
          await exited
          console.log(files.every((fd) => fstatSync(fd).isCharacterDevice()))
        } else {
          const self = new URL(import.meta.url)
          const run = await sandboxed('wc', ['-c'], { stdin: self, files: { '/work/copy.mjs': self } })
          parentPort.once('message', () => {})
          parentPort.postMessage(run.status)
        }`),
    )
    expect(run).toEqual({ code: 0, stdout: 'true\n', stderr: '' })
  })
})
