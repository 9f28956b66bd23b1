/** Options that bound something: an explicit `undefined` is as good as leaving one out. */
export type Given<T> = { readonly [Name in keyof T]?: T[Name] | undefined }

/**
 * Fills in what was not given; an explicit `undefined` never unsets a bound.
 *
 * @throws {TypeError} if a given value is no number of at least 0: a bound of `NaN` would bound nothing
 */
export function withDefaults<T extends Readonly<Record<keyof T, number>>>(
  what: string,
  defaults: T,
  given: Given<T> = {},
): T {
  const filled = { ...defaults }
  for (const name in defaults) {
    const value = given[name]
    if (value === undefined) continue
    if (!(value >= 0)) throw new TypeError(`Expected ${what}.${name} to be a number of at least 0, got ${value}.`)
    filled[name] = value
  }
  return filled
}
