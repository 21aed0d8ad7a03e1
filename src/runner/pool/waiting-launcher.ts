import type { Delegation } from '../../limits/cgroup/delegation.ts'
import type { RunGroup } from '../../limits/cgroup/group.ts'
import { makeRunGroup } from '../../limits/cgroup/run-group.ts'
import type { Limits } from '../../limits/table.ts'
import { nextFlow } from '../host-machine.ts'
import { Launcher, type LauncherShape } from '../launch/launcher.ts'
import { identityOf } from './host-state.ts'

/** The properties that runs must share to use the same waiting launch program. */
export interface PoolShape extends LauncherShape {
  /** The host paths that the image binds. */
  readonly sources: readonly string[]
  /** The settings of each run's control group; undefined if the runs have no control group. */
  readonly group: { readonly delegation: Delegation; readonly limits: Limits } | undefined
}

/** Whether a launch program of one shape can serve runs of the other shape. */
export const isSameShape = (one: PoolShape, other: PoolShape): boolean =>
  one.image === other.image &&
  one.stdin === other.stdin &&
  one.stdout === other.stdout &&
  one.stderr === other.stderr &&
  one.collects === other.collects &&
  one.group?.delegation === other.group?.delegation &&
  (one.group === undefined ||
    (one.group.limits.memoryBytes === other.group?.limits.memoryBytes &&
      one.group.limits.processes === other.group?.limits.processes))

/** A launch program that waits for a run, and the control group of this launch program. */
export class WaitingLauncher {
  readonly launcher: Launcher
  readonly group: RunGroup | undefined
  /** The identity of the bound files before the launch program started. */
  readonly #sources: string
  #discarded: Promise<void> | undefined

  private constructor(launcher: Launcher, group: RunGroup | undefined, sources: string) {
    this.launcher = launcher
    this.group = group
    this.#sources = sources
  }

  /**
   * Starts a launch program.
   *
   * @throws {SandboxError} when the launch program cannot start, after the removal of its control group
   */
  static start(shape: PoolShape): WaitingLauncher {
    const sources = identityOf(shape.sources)
    const group = shape.group && makeRunGroup(shape.group.delegation, shape.group.limits)
    try {
      const launcher = Launcher.start(shape, { cgroup: group?.path, flow: nextFlow() })
      return new WaitingLauncher(launcher, group, sources)
    } catch (error) {
      group?.remove()
      throw error
    }
  }

  /** Whether this launch program is alive and has the same root as a launch program that starts now. */
  isCurrent(sources: string): boolean {
    return this.#sources === sources && this.launcher.isAlive
  }

  /**
   * Ends the launch program, unless it has received its request. Settles when the program's processes have ended.
   *
   * @param background whether this process may exit meanwhile
   */
  discard(background = false): Promise<void> {
    this.#discarded ??= this.#end(background)
    return this.#discarded
  }

  /** Ends the launch program without an event loop. */
  discardNow(): void {
    if (this.launcher.isUsed) return
    this.launcher.discardNow()
    this.group?.remove()
  }

  async #end(background: boolean): Promise<void> {
    if (this.launcher.isUsed) return
    await this.launcher.discard(background)
    this.group?.remove()
  }
}
