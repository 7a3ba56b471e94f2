/** Which change of a store's image its data survives. docs/operations.md tells what to do about the others. */
import { imageVersion } from "./images";

/**
 * What is wrong with replacing one image by another over the same data; undefined if it is safe, or if a tag does not
 * begin with a version. An older server may not read what a newer one wrote, and a newer one knows the format of the
 * major version before it.
 */
export function upgradeProblem(before: string, after: string): string | undefined {
  const [old, now] = [versionOf(before), versionOf(after)];
  if (old === undefined || now === undefined) return undefined;
  const difference = [0, 1, 2].map((part) => (now[part] ?? 0) - (old[part] ?? 0)).find((part) => part !== 0) ?? 0;
  if (difference < 0) return `${text(now)} is older than ${text(old)}, and may not read the data that one wrote`;
  const [major = 0, wanted = 0] = [old[0], now[0]];
  if (wanted > major + 1) return `${text(now)} skips major version ${String(major + 1)}; go there first`;
  return undefined;
}

function versionOf(image: string): number[] | undefined {
  const version = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?![\d.])/.exec(imageVersion(image) ?? "");
  return version?.slice(1).map((part) => Number((part as string | undefined) ?? 0));
}

function text(version: readonly number[]): string {
  return version.join(".");
}
