import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Outcomes } from '../settings/features.ts'
import type { KernelName, User } from '../settings/setting.ts'
import { settings } from '../settings/settings.ts'

/** What became of every feature in one setting, for one user. */
export interface Recorded {
  readonly kernel: KernelName
  readonly setting: string
  readonly user: User
  readonly outcomes: Outcomes
}

const path = join(import.meta.dirname, 'recorded.json')

/** The results from which docs/compatibility.md is made. */
export const readRecord = (): Recorded[] => JSON.parse(readFileSync(path, 'utf8')) as Recorded[]

const isSame = (a: Recorded, b: Recorded): boolean =>
  a.kernel === b.kernel && a.setting === b.setting && a.user === b.user

/** Puts a result in the place of an earlier one of the same setting and user. */
export function writeRecord(result: Recorded): void {
  const kept = readRecord().filter((old) => !isSame(old, result))
  const order = (each: Recorded) =>
    settings.findIndex(({ kernel, name }) => kernel === each.kernel && name === each.setting)
  const all = [...kept, result].sort((a, b) => order(a) - order(b) || a.user.localeCompare(b.user))
  writeFileSync(
    path,
    `${JSON.stringify(
      all.filter((each) => order(each) >= 0),
      undefined,
      2,
    )}\n`,
  )
}
