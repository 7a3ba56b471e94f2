/**
 * The rules as a CrossGuard pack: `pulumi preview --policy-pack policy`. A rule that fails ends the run with its error;
 * one that needs a value which is only known after the deployment is reported, and judges when it is known.
 */
import { PolicyPack } from "@pulumi/policy";
import type {
  PolicyResource,
  ResourceValidationArgs,
  ResourceValidationPolicy,
  StackValidationPolicy,
} from "@pulumi/policy";
import type { Json, Subject } from "./typed-objects";
import { checkResource, checkStack } from "./policy-rule";
import type { ObjectRule, StackRule } from "./policy-rule";
import { RULES } from "./all-rules";
import { policySettings } from "./pack-settings";

/** Settings in the file of `--policy-pack-config`, under the name of the rule that reads them. */
const CONFIG: Readonly<Record<string, NonNullable<ResourceValidationPolicy["configSchema"]>>> = {
  "registry-allow-list": { properties: { registries: { type: "array", items: { type: "string" } } } },
  "references-resolve": { properties: { declared: { type: "object" } } },
};

new PolicyPack("vapora", {
  enforcementLevel: "mandatory",
  policies: RULES.map((rule) => (rule.scope === "object" ? objectPolicy(rule) : stackPolicy(rule))),
});

function objectPolicy(rule: ObjectRule): ResourceValidationPolicy {
  return {
    ...describe(rule),
    validateResource: (args, report) => {
      const found = checkResource(rule, subject(args), policySettings(args.getConfig()));
      for (const { message } of found) report(message);
    },
  };
}

function stackPolicy(rule: StackRule): StackValidationPolicy {
  return {
    ...describe(rule),
    validateStack: (args, report) => {
      const found = checkStack(rule, args.resources.map(subject), policySettings(args.getConfig()));
      for (const { message, urn } of found) report(message, urn);
    },
  };
}

function describe({
  name,
  why,
}: ObjectRule | StackRule): Pick<ResourceValidationPolicy, "name" | "description" | "configSchema"> {
  const configSchema = CONFIG[name];
  return { name, description: why, ...(configSchema === undefined ? {} : { configSchema }) };
}

function subject({ urn, type, props, opts }: ResourceValidationArgs | PolicyResource): Subject {
  return { urn, type, inputs: props as Record<string, Json>, options: { protect: opts.protect } };
}
