import { type LimitOptions, type Limits, standardLimits } from '../../limits/table.ts'
import { mergeLimits, normalizeLimits } from '../../policy/policy-limits.ts'
import type { SandboxOptions } from './sandbox-options.ts'

/** A source of options for a run: the plugin, `createSandbox()`, or the call. */
export interface LimitLayer {
  readonly policy?: SandboxOptions['policy']
  readonly limits?: LimitOptions | undefined
}

/**
 * A run's limits from all layers. A later layer takes precedence over an earlier layer. Within one layer, the layer's
 * own limits take precedence over the limits of the layer's policy. If a call names a policy, the limits of this policy
 * therefore take precedence over the plugin's limits.
 *
 * @param layers the outermost first: the plugin, `createSandbox()`, the call
 * @param policyLimits the limits of the policy that the last layer with a policy names, or of the default
 *   policy
 */
export function layeredLimits(layers: readonly LimitLayer[], policyLimits: Limits): Limits {
  const named = Math.max(
    0,
    layers.findLastIndex(({ policy }) => policy !== undefined),
  )
  return layers.reduce<Limits>((base, { limits }, index) => {
    const under = index === named ? mergeLimits(base, policyLimits) : base
    return limits === undefined
      ? under
      : mergeLimits(under, normalizeLimits(limits, { bareTime: 'ms' }))
  }, standardLimits)
}

/**
 * Merges the options of a call into the options of `createSandbox()`. An option of the call replaces the same option of
 * `createSandbox()`. Only `limits`, `env` and `files` are merged name by name.
 */
export function mergeOptions(base: SandboxOptions, own: SandboxOptions): SandboxOptions {
  const merged: SandboxOptions = { ...base, ...own }
  const both = (name: 'limits' | 'env' | 'files') =>
    base[name] !== undefined && own[name] !== undefined
      ? { [name]: { ...base[name], ...own[name] } }
      : {}
  return { ...merged, ...both('limits'), ...both('env'), ...both('files') }
}
