import { SandboxError } from '../../errors/sandbox-error.ts'
import { type GroupMode, groupModes } from '../report/report-schema.ts'
import type { DeclaredGroup } from '../report/score.ts'
import type { GroupOptions, TestOptions } from './assignment-options.ts'

const isMode = (name: string): name is GroupMode => (groupModes as readonly string[]).includes(name)

/** The groups of an assignment. */
export class Groups {
  /** The groups in the order of their declaration. */
  readonly declared: DeclaredGroup[] = []

  /** The group with a name; undefined if there is no such group. */
  named(name: string | undefined): DeclaredGroup | undefined {
    return this.declared.find((group) => group.name === name)
  }

  /**
   * Adds a group.
   *
   * @throws {SandboxError} OPTION_INVALID for the name of a mode, or of another group
   */
  add(name: string, { mode = 'sum', points }: GroupOptions): void {
    if (isMode(name) || this.named(name) !== undefined) {
      throw new SandboxError(`A group cannot be named \`${name}\``, {
        code: 'OPTION_INVALID',
        hint: isMode(name) ? 'The name is that of a mode.' : 'There is a group of that name.',
      })
    }
    this.declared.push({ name, mode, points })
  }

  /**
   * Adds a group for the tests of a table whose `group` is a mode. The group has the table's points.
   *
   * @returns the group's name; undefined if `group` is not a mode
   */
  addForTable(name: string, { group, points }: TestOptions): string | undefined {
    if (group === undefined || !isMode(group)) return undefined
    const taken = this.declared.filter(
      (each) => each.name === name || each.name.startsWith(`${name} (`),
    )
    const own = taken.length === 0 ? name : `${name} (${taken.length + 1})`
    this.declared.push({ name: own, mode: group, points })
    return own
  }
}
