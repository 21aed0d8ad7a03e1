import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Outcomes } from '../settings/features.ts'
import { type KernelName, type User, usersOf } from '../settings/setting.ts'
import { settings } from '../settings/settings.ts'

/** The outcomes of every feature in one setting, for one user. */
export interface Recorded {
  readonly kernel: KernelName
  readonly setting: string
  readonly user: User
  readonly outcomes: Outcomes
}

const path = join(import.meta.dirname, 'recorded.json')

/** The source of docs/compatibility.md. */
export const readRecord = (): Recorded[] => JSON.parse(readFileSync(path, 'utf8')) as Recorded[]

const isSame = (a: Recorded, b: Recorded): boolean =>
  a.kernel === b.kernel && a.setting === b.setting && a.user === b.user

// The position of a result in the list of settings; undefined for a setting that is no longer tried.
function placeOf({ kernel, setting, user }: Recorded): number | undefined {
  const place = settings.findIndex((each) => each.kernel === kernel && each.name === setting)
  const found = settings[place]
  return found && usersOf(found).includes(user) ? place : undefined
}

/** Replaces an earlier result of the same setting and user. */
export function writeRecord(result: Recorded): void {
  const kept = readRecord().filter((old) => !isSame(old, result))
  const placed = [...kept, result].flatMap((each) => {
    const place = placeOf(each)
    return place === undefined ? [] : [{ each, place }]
  })
  placed.sort((a, b) => a.place - b.place || a.each.user.localeCompare(b.each.user))
  const all = placed.map(({ each }) => each)
  writeFileSync(path, `${JSON.stringify(all, undefined, 2)}\n`)
}
