/**
 * The value a config text stands for: JSON for anything but a string. The engine hands every value over as text, and
 * the CLI writes a boolean it rewrites into the stack file as text too.
 */
export function parseValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
