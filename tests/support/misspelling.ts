/** The misspelling every way into the program must catch. */

/** The section agents of the dev stack, given as it is, with its number of replicas misspelt. */
export function misspelt(agents: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { "vapora:agents": { ...agents, replicas: undefined, replcias: 3 } };
}

/** All that may be said about it. */
export const MISSPELLING = `1 problem in the stack's config:
  - vapora:agents.replcias: there is no such key; did you mean replicas? To take it out, type: pulumi config rm --path 'agents.replcias'`;
