/** A whole number from 0, below a bound. */
export type Pick = (below: number) => number

/** Random numbers by mulberry32: a seed gives the same policies and calls in every run. */
export function random(seed: number): Pick {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}
