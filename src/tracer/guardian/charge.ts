import * as v from 'valibot';

const Place = v.object({ scriptId: v.string(), lineNumber: v.number(), columnNumber: v.optional(v.number()) });

/** A target in a guardian's care, as one line of JSON: where it is, its agent, and what was written. */
const Charge = v.object({
  /** WebSocket URL of the inspector. */
  url: v.pipe(v.string(), v.regex(/^ws:\/\//)),
  agent: v.pipe(v.string(), v.regex(/^__nodescope_\w+$/)),
  /** Optimised code may hold wrappers. */
  optimised: v.boolean(),
  debts: v.array(
    v.object({
      probe: v.number(),
      location: Place,
      condition: v.string(),
      written: v.pipe(
        v.array(v.object({ frame: v.number(), site: v.nullable(v.string()), scope: v.number(), variable: v.string() })),
        v.readonly(),
      ),
    }),
  ),
});
export type Charge = v.InferOutput<typeof Charge>;

/** What a line says: a charge (again: as it is now), or the name of an agent that needs no care any more; null when broken. */
export function parseLine(line: string): { readonly charge: Charge } | { readonly free: string } | null {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null && 'free' in value && typeof value.free === 'string')
      return { free: value.free };
    const charge = v.safeParse(Charge, value);
    return charge.success ? { charge: charge.output } : null;
  } catch {
    return null;
  }
}
