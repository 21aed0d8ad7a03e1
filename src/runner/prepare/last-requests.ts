import type { Assembled } from '../../launcher/image/assemble.ts'
import type { EnforcementByLimit } from '../../limits/table.ts'
import type { RunOptions } from '../options/run-options.ts'

/** All inputs of a run's request, apart from the image. The run adds nothing to the root of the image. */
type Asked = Pick<RunOptions, 'command' | 'args' | 'env' | 'cwd' | 'limits' | 'collect'> & {
  readonly enforcement: EnforcementByLimit
  readonly processors: readonly number[]
}

/** The number of requests to keep. Runs on different processors need different requests. */
const MOST_KEPT = 4

/**
 * Keeps an image's last requests, so that a later run with the same inputs can use a request again. Two test cases of
 * one program often differ only in their stdin, which is no part of the request, and in their processor.
 */
export class LastRequests {
  readonly #kept: { readonly asked: Asked; readonly request: Assembled }[] = []

  /** Returns the request of a run: a kept request that was made from the same inputs, otherwise a new request. */
  of(asked: Asked, make: () => Assembled): Assembled {
    const known = this.#kept.find((each) => isSame(asked, each.asked))
    if (known !== undefined) return known.request
    const request = make()
    this.#kept.unshift({ asked, request })
    this.#kept.splice(MOST_KEPT)
    return request
  }
}

const isSame = (one: Asked, other: Asked): boolean =>
  one.command === other.command &&
  isSameList(one.processors, other.processors) &&
  one.cwd === other.cwd &&
  isSameList(one.args, other.args) &&
  isSameList(one.collect, other.collect) &&
  isSameRecord(one.env, other.env) &&
  isSameRecord(one.limits, other.limits) &&
  isSameRecord(one.enforcement, other.enforcement)

const isSameList = <Item>(one: readonly Item[], other: readonly Item[]): boolean =>
  one.length === other.length && one.every((each, index) => each === other[index])

// Compares the order too, because the program may see the order of its environment.
function isSameRecord(one: object, other: object): boolean {
  if (one === other) return true
  return isSameList(Object.keys(one), Object.keys(other)) && isSameValues(one, other)
}

function isSameValues(one: object, other: object): boolean {
  const others: readonly unknown[] = Object.values(other)
  return Object.values(one).every((value, index) => value === others[index])
}
