import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { cliPath } from '../support/built.ts'
import { eventually } from '../support/processes.ts'

/** A real terminal, tmux's, with a shell in it as a user has it. */
export class Screen {
  readonly #socket: string

  /** Removed when the test is over, with all that runs in it. */
  constructor({ columns = 100, rows = 30 } = {}) {
    const directory = mkdtempSync(join(tmpdir(), 'gradebox-screen-'))
    this.#socket = join(directory, 'tmux')
    const size = ['-x', String(columns), '-y', String(rows)]
    const shell = ['env', '-i', ...this.#environment(), 'bash', '--norc', '--noprofile']
    this.#tmux('-f', '/dev/null', 'new-session', '-d', ...size, ...shell)
    onTestFinished(() => {
      this.#tmux('kill-server')
      rmSync(directory, { recursive: true, force: true })
    })
  }

  #environment(): string[] {
    const gradebox = `${process.execPath} ${cliPath()}`
    const path = process.env.PATH ?? ''
    const own = { PATH: path, HOME: tmpdir(), TMPDIR: tmpdir(), SHELL: '/bin/bash' }
    const all = { ...own, TERM: 'screen', PS1: 'user> ', GRADEBOX: gradebox }
    return Object.entries(all).map(([name, value]) => `${name}=${value}`)
  }

  #tmux(...args: readonly string[]): string {
    return execFileSync('tmux', ['-S', this.#socket, ...args], { encoding: 'utf8' })
  }

  /** What is on it, without the ends of lines. */
  text(): string {
    return this.#tmux('capture-pane', '-p', '-J', '-S', '-200').trimEnd()
  }

  /** Types a line, and Enter. */
  enter(line: string): void {
    this.#tmux('send-keys', '-l', line)
    this.key('Enter')
  }

  /** Presses a key: `C-c`. */
  key(name: string): void {
    this.#tmux('send-keys', name)
  }

  resize(columns: number, rows: number): void {
    this.#tmux('resize-window', '-x', String(columns), '-y', String(rows))
  }

  /** Closes the window, as a user does in a hurry; the terminal is gone then. */
  hangUp(): void {
    this.#tmux('set-option', '-g', 'exit-empty', 'off', ';', 'kill-session')
  }

  /** Waits until the screen shows something. */
  async shows(pattern: RegExp): Promise<void> {
    if (!(await eventually(() => pattern.test(this.text())))) expect(this.text()).toMatch(pattern)
  }

  /** Starts a shell in a sandbox, and waits for its prompt. */
  async enterSandbox(flags = ''): Promise<void> {
    await this.shows(/^user>/m)
    this.enter(`$GRADEBOX run --setenv 'PS1=box> ' ${flags} -- bash --norc --noprofile`)
    await this.shows(/^box>/m)
  }
}
