/** What a rule is, and how rules are run over a recording. */
import { objectsOf } from "./typed-objects";
import type { PolicyObject, Subject } from "./typed-objects";
import type { PolicySettings } from "./pack-settings";

/** Something a rule does not allow. Neither text ever holds a value, since a value may be a secret. */
export interface Finding {
  /** The object it was found in. */
  readonly object: PolicyObject;
  /** What is wrong, read after the object's name: "runs as root in container web". */
  readonly fact: string;
  /** What to write instead. */
  readonly instead: string;
}

interface Described {
  /** The fact the rule states, in kebab-case. */
  readonly name: string;
  /** Why it is a rule: one sentence. */
  readonly why: string;
}

/** A rule that looks at one object at a time. */
export interface ObjectRule extends Described {
  readonly scope: "object";
  readonly check: (object: PolicyObject, settings: PolicySettings) => Finding[];
}

/** A rule that needs to see all objects and resources of a stack. */
export interface StackRule extends Described {
  readonly scope: "stack";
  readonly check: (
    objects: readonly PolicyObject[],
    resources: readonly Subject[],
    settings: PolicySettings,
  ) => Finding[];
}

export type Rule = ObjectRule | StackRule;

/** A finding as it is shown. */
export interface Violation {
  readonly rule: string;
  /** URN of the resource. */
  readonly urn: string;
  /** Names the rule and the object, says why, and what to do instead. */
  readonly message: string;
}

/**
 * What rules do not allow in some resources. A rule that fails has not passed: its error is a violation too.
 */
export function violations(
  rules: readonly Rule[],
  resources: readonly Subject[],
  settings: PolicySettings,
): Violation[] {
  return rules.flatMap((rule) =>
    rule.scope === "object"
      ? resources.flatMap((resource) => guarded(rule, resource.urn, () => checkResource(rule, resource, settings)))
      : guarded(rule, resources[0]?.urn ?? "", () => checkStack(rule, resources, settings)),
  );
}

/** Runs a rule over one resource. @throws UnknownShape */
export function checkResource(rule: ObjectRule, resource: Subject, settings: PolicySettings): Violation[] {
  return objectsOf(resource).flatMap((object) =>
    rule.check(object, settings).map((finding) => violation(rule, finding)),
  );
}

/** Runs a rule over all resources of a stack. @throws UnknownShape */
export function checkStack(rule: StackRule, resources: readonly Subject[], settings: PolicySettings): Violation[] {
  const findings = rule.check(resources.flatMap(objectsOf), resources, settings);
  return findings.map((finding) => violation(rule, finding));
}

function violation(rule: Rule, { object, fact, instead }: Finding): Violation {
  return { rule: rule.name, urn: object.urn, message: `${rule.name}: ${object.title} ${fact}. ${rule.why} ${instead}` };
}

function guarded(rule: Rule, urn: string, check: () => Violation[]): Violation[] {
  try {
    return check();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [{ rule: rule.name, urn, message: `${rule.name}: ${urn} cannot be judged: ${reason}` }];
  }
}
