import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { inject } from 'vitest'

/** The reason why the service cannot be tested here; undefined where it can. */
export function missingForService(): string | undefined {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' })
  } catch {
    return 'redis-server is not installed; run `apt-get install redis-server`'
  }
  try {
    createRequire(import.meta.url).resolve('bullmq')
    return undefined
  } catch {
    return 'bullmq is not installed; run `npm ci`'
  }
}

/** A process of the service, and its output. */
export interface ServiceProcess {
  readonly child: ChildProcess
  readonly exit: Promise<number | null>
  output(): string
}

/** A copy of examples/service with a Redis of its own, which listens only on a socket. */
export class Service {
  readonly redis: Redis
  readonly #folder: string
  readonly #state = mkdtempSync(join(tmpdir(), 'gradebox-redis-'))
  readonly #server: ChildProcess
  readonly #workers: ServiceProcess[] = []

  private constructor() {
    this.#folder = mkdtempSync(join(inject('harnessRoot'), 'service-'))
    cpSync(resolve('examples/service'), this.#folder, { recursive: true })
    mkdirSync(join(this.#folder, 'tmp'))
    const flags = ['--port', '0', '--unixsocket', this.#socket, '--save', '', '--dir', this.#state]
    this.#server = spawn('redis-server', flags, { stdio: 'ignore' })
    this.redis = new Redis(this.#socket, { maxRetriesPerRequest: null })
    // The client connects again until the server listens.
    this.redis.on('error', () => {})
  }

  static async start(): Promise<Service> {
    const service = new Service()
    await service.redis.ping()
    return service
  }

  get #socket(): string {
    return join(this.#state, 'redis.sock')
  }

  /** How many jobs are in each state. */
  async counts(): Promise<Readonly<Record<string, number>>> {
    const queue = new Queue('submissions', { connection: this.redis })
    // The connection stays open, because it does not belong to the queue.
    return queue.getJobCounts('wait', 'active', 'delayed', 'completed', 'failed')
  }

  /** Writes a file of the copy. */
  write(path: string, contents: string): string {
    const target = join(this.#folder, path)
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, contents)
    return target
  }

  startWorker(lockMs = 3000): ServiceProcess {
    const worker = this.#spawn(['worker.mjs'], { LOCK_MS: String(lockMs) })
    this.#workers.push(worker)
    return worker
  }

  /** Runs a command of the service to its end; returns its output. */
  async run(...args: readonly string[]): Promise<string> {
    const command = this.#spawn(args)
    const code = await command.exit
    if (code !== 0) throw new Error(`${args[0]} ended with ${code}:\n${command.output()}`)
    return command.output()
  }

  async stop(): Promise<void> {
    for (const { child, exit } of this.#workers) {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await exit
    }
    this.redis.disconnect()
    if (this.#server.exitCode === null) {
      const exit = new Promise((settle) => this.#server.once('exit', settle))
      this.#server.kill('SIGKILL')
      await exit
    }
    rmSync(this.#state, { recursive: true, force: true })
  }

  #spawn(args: readonly string[], env: Readonly<Record<string, string>> = {}): ServiceProcess {
    const child = spawn(process.execPath, args, {
      cwd: this.#folder,
      env: {
        PATH: process.env.PATH,
        HOME: this.#folder,
        TMPDIR: join(this.#folder, 'tmp'),
        REDIS_URL: this.#socket,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    }
    const exit = new Promise<number | null>((settle) => child.once('close', settle))
    return { child, exit, output: () => output }
  }
}

/** Waits until a condition holds; the test's own timeout ends a wait in vain. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await setTimeout(50)
}
