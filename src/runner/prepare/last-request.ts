import type { Assembled } from '../../launcher/image/assemble.ts'
import type { EnforcementByLimit } from '../../limits/table.ts'
import type { RunOptions } from '../options/run-options.ts'

/** The inputs of the request of a run that adds nothing to its root, apart from its image. */
type Asked = Pick<RunOptions, 'command' | 'args' | 'env' | 'cwd' | 'limits' | 'collect'> & {
  readonly enforcement: EnforcementByLimit
  readonly processors: readonly number[]
}

/**
 * An image's last request, for a run with the same inputs. The next test case of a program differs only in
 * its input, which arrives by a pipe.
 */
export class LastRequest {
  #asked: Asked | undefined
  #request: Assembled | undefined

  /** Returns the request of a run; makes it, unless it equals the last one. */
  of(asked: Asked, make: () => Assembled): Assembled {
    if (this.#request !== undefined && this.#asked !== undefined && isSame(asked, this.#asked)) {
      return this.#request
    }
    const { command, args, env, cwd, limits, collect, enforcement, processors } = asked
    const request = make()
    this.#asked = { command, args, env, cwd, limits, collect, enforcement, processors }
    this.#request = request
    return request
  }
}

const isSame = (one: Asked, other: Asked): boolean =>
  one.command === other.command &&
  one.cwd === other.cwd &&
  isSameList(one.args, other.args) &&
  isSameList(one.collect, other.collect) &&
  isSameList(one.processors, other.processors) &&
  isSameRecord(one.env, other.env) &&
  isSameRecord(one.limits, other.limits) &&
  isSameRecord(one.enforcement, other.enforcement)

const isSameList = <Item>(one: readonly Item[], other: readonly Item[]): boolean =>
  one.length === other.length && one.every((each, index) => each === other[index])

// In the same order too, because the program may see the order of its environment.
function isSameRecord(one: object, other: object): boolean {
  if (one === other) return true
  return isSameList(Object.keys(one), Object.keys(other)) && isSameValues(one, other)
}

function isSameValues(one: object, other: object): boolean {
  const others: readonly unknown[] = Object.values(other)
  return Object.values(one).every((value, index) => value === others[index])
}
