import { createInterface } from 'node:readline'
import { describe, expect, test } from 'vitest'
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

  test('of itself, it waits for its runs', async () => {
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

  test('programs are run', async () => {
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

  test('that is terminated, programs end with it', async () => {
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

  test('that is terminated in mid-run, no descriptor of it is left after the next run of another thread', async () => {
    const run = await runNode(
      worker(`
        const pause = (ms) => new Promise((settle) => setTimeout(settle, ms))
        const files = () => readdirSync('/proc/self/fd').length
        if (isMainThread) {
          await sandboxed('cat', [], { collect: ['*'] })
          const before = files()
          for (let i = 0; i < 4; i++) {
            const children = [['out'], ['out/**']].map((workerData) => new Worker(fileURLToPath(import.meta.url), { workerData }))
            await Promise.all(children.map((child) => new Promise((settle) => child.on('message', settle))))
            await Promise.all(children.map((child) => child.terminate()))
          }
          const left = files() > before
          await sandboxed('cat', [], { collect: ['*'] })
          for (let i = 0; i < 200 && files() > before; i++) await pause(50)
          console.log(JSON.stringify({ left, files: files() - before }))
        } else {
          const run = createSandbox({ warm: 1 })('sh', ['-c', 'echo started; sleep 1000'], {
            collect: workerData,
            stdin: 'x'.repeat(1e5),
          })
          await new Promise((settle) => run.stdout.once('data', settle))
          parentPort.postMessage('started')
        }`),
    )
    expect(run.stderr).toBe('')
    expect(JSON.parse(run.stdout)).toEqual({ left: true, files: 0 })
  })
})
