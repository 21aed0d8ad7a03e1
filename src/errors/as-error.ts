/**
 * Returns a caught value as an error with a message. The function checks the value's shape and not the value's class,
 * because under Jest an error may come from another realm.
 */
export function asError(error: unknown): { readonly message: string; readonly stack?: string } {
  const isError = typeof error === 'object' && error !== null && 'message' in error
  return isError ? (error as Error) : { message: String(error) }
}
