import type { PolicyObject, Subject } from "./typed-objects";
import type { Finding, StackRule } from "./policy-rule";

const WITH_DATA = ["Namespace", "PersistentVolumeClaim"];
const SEEDS = ["random:index/randomPassword:RandomPassword"];

/** Where a stack protects anything, all that holds data is protected: one open door would take the rest along. */
export const dataProtected: StackRule = {
  name: "data-protected",
  why: "A stack that protects its data protects all of it: the namespace takes everything inside along, and data without its passwords is lost too.",
  scope: "stack",
  check: (objects, resources) => {
    const holders = [...objects.filter(holdsData), ...resources.filter(isSeed).map(seedObject)];
    const kept = holders.filter(({ options }) => options.retainOnDelete === true);
    const isProtecting = holders.some(({ options }) => options.protect === true);
    const open = isProtecting ? holders.filter(({ options }) => options.protect !== true) : [];
    return [
      ...open.map((object): Finding => ({
        object,
        fact: "holds data and is not protected, though other resources of the stack are",
        instead: "Set the option protect on it, or dataProtection to false for the whole stack.",
      })),
      ...kept.map((object): Finding => ({
        object,
        fact: "is forgotten on deletion (retainOnDelete)",
        instead: "Use protect: what is forgotten cannot be taken back, and the next deployment fails on it.",
      })),
    ];
  },
};

function holdsData({ kind, content }: PolicyObject): boolean {
  const { volumeClaimTemplates } = (content.spec ?? {}) as { volumeClaimTemplates?: readonly unknown[] | null };
  return WITH_DATA.includes(kind) || (kind === "StatefulSet" && (volumeClaimTemplates ?? []).length > 0);
}

function isSeed({ type }: Subject): boolean {
  return SEEDS.includes(type);
}

/** A generated password, in the form findings name. */
function seedObject({ urn, options }: Subject): PolicyObject {
  const name = urn.split("::").pop() ?? "";
  const title = `RandomPassword ${name}`;
  return { urn, kind: "RandomPassword", name, namespace: undefined, title, options, content: {}, secretPaths: [] };
}
