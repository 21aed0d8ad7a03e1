import { expect } from 'vitest'
import type { SandboxResult } from '../../../src/index.ts'

/** What a standard library's use of the network comes to: the program goes on, or a call ends the run. */
export type End = { readonly stdout: string | RegExp } | { readonly call: RegExp }

export const goesOn = (stdout: string | RegExp): End => ({ stdout })
export const endsAt = (call: RegExp): End => ({ call })
export const TCP = endsAt(/^socket\(AF_INET6?, SOCK_STREAM/)
export const UNSUPPORTED = 'Address family not supported by protocol'

/** Expects that a run comes to this end. */
export function expectEnd(run: SandboxResult, end: End): void {
  if ('call' in end) {
    expect(run).toBeKilledBySeccomp()
    expect(run.syscall?.text).toMatch(end.call)
  } else {
    expect(run.status).toBe('exited')
    expect(run.stdout).toEqual(
      typeof end.stdout === 'string' ? end.stdout : expect.stringMatching(end.stdout),
    )
  }
}
