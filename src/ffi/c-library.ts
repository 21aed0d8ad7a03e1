import { createRequire } from 'node:module'
import type { LibraryHandle } from 'koffi'

type Koffi = typeof import('koffi')

/** A function of a C library, as koffi calls it. */
export type CFunction = ReturnType<LibraryHandle['func']>

let loaded: { readonly koffi: Koffi; readonly library: LibraryHandle } | undefined

const findModule = createRequire(import.meta.url)

/** The path of koffi, for a thread that loads none of this package's modules. */
export const koffiPath = (): string => findModule.resolve('koffi')

/**
 * Returns koffi and the C library of this process. It loads them at the first call, not at import. Use only built-in
 * type names with koffi. Any other type name is global to the process, and a process may evaluate a module more than
 * once.
 */
function cLibrary() {
  if (loaded !== undefined) return loaded
  const koffi = findModule('koffi') as Koffi
  loaded = { koffi, library: koffi.load(null) }
  return loaded
}

/** Declares a function of the C library by its name, its result and its parameters. */
type Declare = (name: string, result: string, parameters: readonly string[]) => CFunction

/**
 * Declares functions of the C library at the first use. The result also contains koffi, which reads errno.
 *
 * @example
 * const libc = cFunctions((declare) => ({ close: declare('close', 'int', ['int']) }))
 * libc().close(3)
 */
export function cFunctions<Functions extends object>(
  functions: (declare: Declare) => Functions,
): () => Functions & { readonly koffi: Koffi } {
  let declared: (Functions & { readonly koffi: Koffi }) | undefined
  return () => {
    if (declared !== undefined) return declared
    const { koffi, library } = cLibrary()
    declared = {
      ...functions((name, result, parameters) => library.func(name, result, [...parameters])),
      koffi,
    }
    return declared
  }
}
