/**
 * Whether the environment says that this is a continuous-integration run: `CI` is set, and not to an empty string, `0` or
 * `false`.
 *
 * @param {Readonly<Record<string, string | undefined>>} env
 * @returns {boolean}
 */
export function underCi(env) {
  return !['', '0', 'false'].includes((env['CI'] ?? '').toLowerCase())
}
