import { createRequire } from 'node:module'
import type { LibraryHandle } from 'koffi'

type Koffi = typeof import('koffi')

/** A function of a C library, as koffi calls it. */
export type CFunction = ReturnType<LibraryHandle['func']>

let loaded: { readonly koffi: Koffi; readonly library: LibraryHandle } | undefined

/**
 * The C library that this process has loaded, and koffi. Loaded at the first call, not at import. Use only
 * built-in type names with it: koffi's own are global to the process, and a module may be evaluated more
 * than once in it.
 */
export function cLibrary() {
  if (loaded !== undefined) return loaded
  const koffi = createRequire(import.meta.url)('koffi') as Koffi
  loaded = { koffi, library: koffi.load(null) }
  return loaded
}
