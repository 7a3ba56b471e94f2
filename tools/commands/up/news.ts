import { withoutPlanned } from "../../pulumi/plan";

/**
 * What pulumi says while it works, but for the preview, whose report follows. Pulumi tells again and again how long a
 * resource takes; only what is new of it is shown. What is only read is no news.
 */
export function newsOnly(progress: (line: string) => void): (line: string) => void {
  const last = new Map<string, string>();
  return (line) => {
    const [, resource, news = ""] = /^[ +~-]*(\S*(?:kubernetes|random|vapora|pulumi):\S+ \S+) ?(.*)$/.exec(line) ?? [];
    const told = news.replace(/\(\d+s\) ?/, "").trim();
    if (resource === undefined || /^(read|reading)\b/.test(told) || last.get(resource) === told) return;
    last.set(resource, told);
    progress(withoutPlanned(line));
  };
}
