import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { runNode } from '../support/built.ts'
import { eventually } from '../support/processes.ts'

const waits = `
  import { setTimeout as sleep } from 'node:timers/promises'
  import { readdirSync, readFileSync } from 'node:fs'
  import { fileURLToPath } from 'node:url'
  import { Worker, isMainThread } from 'node:worker_threads'
  import { createSandbox } from 'gradebox-under-test'
  const read = (path) => { try { return readFileSync(path, 'latin1') } catch { return '' } }
  const inits = () => readdirSync('/proc').filter((pid) => /^\\d+$/.test(pid) &&
    new RegExp('[)] [^Z] ' + process.pid + ' ').test(read('/proc/' + pid + '/stat')) &&
    /^NSpid:\\t\\d+\\t1$/m.test(read('/proc/' + pid + '/status')) &&
    read('/proc/' + pid + '/comm') === 'gradebox\\n')
  const warmUp = async () => {
    await createSandbox({ warm: 2 })('true')
    while (inits().length < 2) await sleep(5)
  }
`

function exists(pid: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'latin1') === 'gradebox\n'
  } catch {
    return false
  }
}

describe('sandboxes that wait for a run', () => {
  // On a busy machine a process ends late. A process that waits for its sandboxes would end late every time.
  test('do not keep a process from ending', { retry: 5 }, async () => {
    const { code, stdout } = await runNode(
      `${waits} await warmUp(); console.log(inits().join(' ')); console.log(Date.now())`,
    )
    const [pids = '', since] = stdout.split('\n')
    expect(code).toBe(0)
    // The pool's idle time is a second.
    expect(Date.now() - Number(since)).toBeLessThan(900)
    const left = () => pids.split(' ').filter(exists)
    expect(pids.split(' ').length).toBe(2)
    expect(await eventually(() => left().length === 0)).toBe(true)
  })

  test.each(['process.exit(3)', 'process.kill(process.pid, "SIGKILL")', 'throw new Error()'])(
    'end with a process that ends by %s',
    async (end) => {
      const { stdout } = await runNode(
        `${waits} await warmUp(); process.stdout.write(inits().join(' '), () => { ${end} })`,
      )
      expect(stdout.split(' ').length).toBe(2)
      const left = () => stdout.split(' ').filter(exists)
      expect(await eventually(() => left().length === 0)).toBe(true)
    },
  )

  test('keep a process alive while a failed run waits for its own sandbox to end', async () => {
    const run = await runNode(`${waits}
      await warmUp()
      const failed = createSandbox({ warm: 2 })('true', [], { workdir: '/nonexistent' })
      console.log(await failed.catch((error) => error.code))`)
    expect(run).toEqual({ code: 0, stdout: 'MOUNT_FAILED\n', stderr: '' })
  })

  test('end with the thread that owns them, and leave no descriptor', async () => {
    const { code, stdout } = await runNode(`${waits}
      if (isMainThread) {
        const started = () => new Promise((settle) =>
          new Worker(fileURLToPath(import.meta.url)).on('exit', settle))
        await started()
        const before = readdirSync('/proc/self/fd').length
        await started()
        console.log(inits().length, readdirSync('/proc/self/fd').length - before)
      } else {
        await warmUp()
        process.exit()
      }`)
    expect({ code, stdout }).toEqual({ code: 0, stdout: '0 0\n' })
  })

  // Node closes the files of a thread when the thread ends. By then another thread may have the same number.
  test('leave no descriptor number that another thread opened in the meantime', async () => {
    const run = await runNode(`${waits}
      if (isMainThread) new Worker(fileURLToPath(import.meta.url))
      else for (const _ of [1, 2]) {
        await warmUp()
        while (inits().length > 0) await sleep(20)
      }`)
    expect(run).toEqual({ code: 0, stdout: '', stderr: '' })
  })
})
