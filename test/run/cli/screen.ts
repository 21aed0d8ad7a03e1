import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { cliPath } from '../support/built.ts'
import { eventually } from '../support/processes.ts'

/** A real terminal of tmux with a shell in it, as a user has one. */
export class Screen {
  readonly #socket: string

  /** tmux's directory, which is removed after the test together with every process in the terminal. */
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

  /** The text on the screen, without line ends. */
  text(): string {
    return this.#tmux('capture-pane', '-p', '-J', '-S', '-200').trimEnd()
  }

  /** Types a line, and Enter. */
  enter(line: string): void {
    this.#tmux('send-keys', '-l', line)
    this.key('Enter')
  }

  /** Presses a key, such as `C-c`. */
  key(name: string): void {
    this.#tmux('send-keys', name)
  }

  resize(columns: number, rows: number): void {
    this.#tmux('resize-window', '-x', String(columns), '-y', String(rows))
  }

  /** Closes the window, as a user does in a hurry. The terminal is then gone. */
  hangUp(): void {
    this.#tmux('set-option', '-g', 'exit-empty', 'off', ';', 'kill-session')
  }

  /** Waits until the screen shows a text. */
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
