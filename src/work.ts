import { clockMs, nextTurn } from './globals.ts'

/** The longest time in ms for which a piece of work blocks other work of this thread. */
const TURN_MS = 10
/** The number of items to map between two pauses. */
const ITEMS_PER_PIECE = 32

/** Work that pauses often, so that it can leave turns of the event loop to other work of this thread. */
export type Work<Result> = Generator<undefined, Result>

/** Does the work without pauses. */
export function finish<Result>(work: Work<Result>): Result {
  let piece = work.next()
  while (piece.done !== true) piece = work.next()
  return piece.value
}

/**
 * Does the work for one turn at most.
 *
 * @returns the result in `value`; undefined when there is more to do
 */
export function workForATurn<Result>(work: Work<Result>): { readonly value: Result } | undefined {
  const end = clockMs() + TURN_MS
  for (;;) {
    const { done, value } = work.next()
    if (done === true) return { value }
    if (clockMs() > end) return undefined
  }
}

/**
 * Does the work in turns with other work of this thread. Work that fits into one turn is done at once.
 *
 * @param isCancelled whether the caller no longer needs the result
 * @returns undefined when the work was cancelled
 */
export async function inTurns<Result>(
  work: Work<Result>,
  isCancelled: () => boolean = () => false,
): Promise<Result | undefined> {
  for (let done = workForATurn(work); ; done = workForATurn(work)) {
    if (done !== undefined) return done.value
    await nextTurn()
    if (isCancelled()) return undefined
  }
}

/** The number of items to join between two pauses: 0.1 ms. */
const JOINED_PER_PIECE = 2048

/** Joins lists, with pauses. A spread of 400,000 items would block this thread for a tenth of a second. */
export function* joinInPieces<Item>(...lists: readonly (readonly Item[])[]): Work<Item[]> {
  const joined: Item[] = []
  for (const list of lists) {
    for (let from = 0; from < list.length; from += JOINED_PER_PIECE) {
      if (from > 0) yield
      for (const item of list.slice(from, from + JOINED_PER_PIECE)) joined.push(item)
    }
  }
  return joined
}

/** Maps each item to any number of results, with pauses. */
export function* flatMapInPieces<Item, Result>(
  items: readonly Item[],
  map: (item: Item) => readonly Result[],
): Work<Result[]> {
  const results: Result[] = []
  for (const [index, item] of items.entries()) {
    for (const result of map(item)) results.push(result)
    if (index % ITEMS_PER_PIECE === ITEMS_PER_PIECE - 1) yield
  }
  return results
}
