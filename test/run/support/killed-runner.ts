import { randomInt } from 'node:crypto'
import { tmpdir } from 'node:os'
import { createInterface } from 'node:readline'
import { startNode } from './built.ts'
import { children, makeMarker, processesWith } from './processes.ts'
import { launcherFiles, sandboxMounts } from './remains.ts'

/** The things that a killed runner could leave behind. The test file must have a temporary directory of its own. */
export function machineState(): object {
  return {
    mounts: sandboxMounts(),
    files: launcherFiles(),
    launchers: children().filter((child) => /^[^Z] .*gradebox/.test(child)),
  }
}

/** A second on an idle machine; on a busy machine, dying processes wait for a processor. */
const LONGEST_MS = 60_000

/** A runner with four sandboxes at any time, each at another point of its life. */
const runner = (marker: string, workdir: string) => `
  import { createSandbox } from 'gradebox-under-test'
  const sandboxed = createSandbox({ concurrency: 4 })
  const ways = [
    () => sandboxed('true', ['${marker}'], { policy: 'kiss' }),
    () => sandboxed('sleep', ['${marker}'], { policy: 'kiss', limits: { walltime: '15ms' } }),
    () => sandboxed('sh', ['-c', 'setsid sleep ${marker} & exit 0'], { workdir: ${JSON.stringify(workdir)} }),
    () => sandboxed('sh', ['-c', 'setsid sleep ${marker} & (setsid sleep ${marker} &) ; sleep 0.01'], { collect: ['x'] }),
    () => sandboxed('cat', [], { stdin: 'x'.repeat(1 << 20), workdir: ${JSON.stringify(workdir)}, collect: ['file'] }),
    () => sandboxed('missing', ['${marker}']),
    () => sandboxed('yes', ['${marker}'], { limits: { output: 100000 } }),
  ]
  await ways[0]()
  console.log('ready')
  for (let lane = 0; lane < 4; lane++) {
    (async () => { for (let i = lane; ; i++) await ways[i % ways.length]().catch(() => {}) })()
  }`

/**
 * Kills a runner with SIGKILL at a random moment of its work.
 *
 * @returns the remains of its sandboxes, empty when all is well, and the time until they were gone
 */
export async function killRunner(
  workdir: string,
): Promise<{ readonly found: readonly string[]; readonly goneMs: number }> {
  const marker = makeMarker()
  const child = startNode(runner(marker, workdir), { TMPDIR: tmpdir() })
  const closed = new Promise((settle) => child.on('close', settle))
  const errors: string[] = []
  child.stderr?.on('data', (chunk) => errors.push(String(chunk)))
  let isReady = false
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    isReady = line === 'ready'
    if (isReady) break
  }
  if (!isReady) throw new Error(`The runner did not start: ${errors.join('')}`)
  await new Promise((settle) => setTimeout(settle, randomInt(0, 60)))
  child.kill('SIGKILL')
  const left = () => [
    ...processesWith(marker).map((pid) => `process ${pid}`),
    ...children().filter((each) => /^[^Z] .*gradebox/.test(each)),
  ]
  const start = performance.now()
  // The test checks several times: a process that has just lost its parent has none for a moment.
  let [found, goneMs] = [left(), 0]
  for (let quiet = 0; quiet < 5 && performance.now() - start < LONGEST_MS; ) {
    found = left()
    quiet = found.length === 0 ? quiet + 1 : 0
    if (quiet <= 1) goneMs = performance.now() - start
    await new Promise((settle) => setTimeout(settle, 20))
  }
  await closed
  return { found, goneMs }
}
