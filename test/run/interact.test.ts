import { describe, expect, test } from 'vitest'
import { interact } from '../../src/index.ts'

const sh = (script: string, options: object = {}) => ({
  command: 'sh',
  args: ['-c', script],
  ...options,
})

describe('two programs that talk to each other', () => {
  test('each read what the other writes, word by word', async () => {
    const asks = sh('echo 3; read a; echo $((a + 1)); read b; [ "$b" = 24 ]')
    const answers = sh('while read n; do echo $((n + 10)); done')
    const { results, deadlock, blame } = await interact(asks, answers)
    expect(results[0]).toSucceed()
    expect(results[1]).toSucceed()
    expect(results[0]).toHaveStdout('3\n14\n')
    expect(results[1]).toHaveStdout('13\n24\n')
    expect({ deadlock, blame }).toEqual({ deadlock: false, blame: [] })
  })

  test('do not wait for the turn of other pairs, however many run', async () => {
    const ping = sh('i=0; while [ $i -lt 20 ]; do echo $i; read a || exit 1; i=$((i + 1)); done')
    const pong = sh('while read n; do echo $n; done')
    const all = await Promise.all(Array.from({ length: 6 }, () => interact(ping, pong)))
    for (const { results } of all) for (const result of results) expect(result).toSucceed()
  })

  test('may both write more than a pipe holds before they read', async () => {
    const writes = sh('head -c 300000 /dev/zero; head -c 300000 | wc -c >&2')
    const { results } = await interact(writes, writes)
    for (const result of results) {
      expect(result).toSucceed()
      expect(result).toHaveStderr({ tokens: '300000' })
    }
  })

  test('are in a deadlock when both wait for the first word, and both are to blame', async () => {
    const waits = sh('read a; echo "$a"', { limits: { walltime: '2s' } })
    const { results, deadlock, blame, endedFirst } = await interact(waits, waits)
    expect(results[endedFirst]).toExceedWalltime()
    expect({ deadlock, blame }).toEqual({ deadlock: true, blame: [0, 1] })
  })

  test('include one that computes for ever: the program that computes is to blame', async () => {
    const waits = sh('echo 1; read a', { limits: { walltime: '2s' } })
    const computes = sh('read a; while :; do :; done', { limits: { walltime: '5s', cpu: '5s' } })
    const { results, deadlock, blame } = await interact(waits, computes)
    expect(results[0]).toExceedWalltime()
    expect({ deadlock, blame }).toEqual({ deadlock: false, blame: [1] })
  })

  test('include one that asks without end: the program that asks is to blame, although it waits for an answer', async () => {
    const answers = sh(
      'while read n; do i=0; while [ $i -lt 2000 ]; do i=$((i+1)); done; echo $i; done',
    )
    const asks = sh('while :; do echo 1; read a; done', { limits: { walltime: '2s' } })
    const { results, blame, endedFirst } = await interact(answers, asks)
    expect(results[1]).toExceedWalltime()
    expect({ blame, endedFirst }).toEqual({ blame: [1], endedFirst: 1 })
  })

  test('include one that closes its output and stays: the program that stays is to blame', async () => {
    const judges = sh('read a; read b || exit 43')
    const stays = sh('echo 1; exec >&-; sleep 9', { limits: { walltime: '1s' } })
    const { results, blame, endedFirst } = await interact(judges, stays)
    expect(results[0]).toExitWith(43)
    expect({ blame, endedFirst }).toEqual({ blame: [1], endedFirst: 1 })
  })

  test('include one that dies: the other reads the end of its input, and the dead program is to blame', async () => {
    const dies = sh('read a; exit 3')
    const asks = sh('echo 1; read a || echo over >&2')
    const { results, blame, endedFirst } = await interact(asks, dies)
    expect(results[1]).toExitWith(3)
    expect(results[0]).toHaveStderr('over\n')
    expect({ blame, endedFirst }).toEqual({ blame: [1], endedFirst: 1 })
  })

  test('have limits of their own', async () => {
    const writes = sh('yes', { limits: { output: '64KiB', walltime: '5s' } })
    const reads = sh('cat > /dev/null', { limits: { walltime: '7s' } })
    const { results, blame } = await interact(writes, reads)
    expect(results[0]).toExceedOutput()
    expect(results[1]).toSucceed()
    expect(results.map(({ limits }) => limits.wallTimeMs)).toEqual([5000, 7000])
    expect(blame).toEqual([0])
  })

  test('end together when one cannot be started', async () => {
    const waits = sh('read a')
    await expect(interact(waits, { command: 'no-such-program' })).rejects.toMatchObject({
      code: 'PROGRAM_NOT_FOUND',
    })
  })

  test('can be ended by the caller', async () => {
    const waits = sh('read a')
    const running = interact(waits, waits)
    setTimeout(() => running.kill(), 200)
    const { results, blame } = await running
    expect(results.map(({ status }) => status)).toEqual(['aborted', 'aborted'])
    expect(blame).toEqual([])
  })

  test('are refused when an option is wrong', async () => {
    await expect(
      interact(sh('true', { limits: { walltime: 0 } }), sh('true')),
    ).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })
})
