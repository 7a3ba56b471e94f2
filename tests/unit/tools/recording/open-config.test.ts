import { withoutSecrets } from "../../../../tools/recording/open-config";
import { fixtureStack } from "../../../support/stacks";

const { project, config: prod } = fixtureStack("prod");
const API_KEYS = ["vapora:claudeApiKey", "vapora:openaiApiKey", "vapora:geminiApiKey"];

test("what a stack must have and has not gets a placeholder and is secret", () => {
  const { config, secretKeys } = withoutSecrets(project, prod);
  expect(secretKeys).toEqual(API_KEYS);
  expect(config["vapora:claudeApiKey"]).toBe("placeholder-claudeApiKey");
});

test("so does it where the CLI has rewritten a boolean as text", () => {
  const rewritten = { ...prod, "vapora:dataProtection": "true", "vapora:openaiApiKey": { secure: "v1:sealed" } };
  expect([...withoutSecrets(project, rewritten).secretKeys].sort()).toEqual([...API_KEYS].sort());
});

test("a sealed value is replaced at any depth, and another ciphertext gives another value", () => {
  const open = (ciphertext: string): unknown =>
    withoutSecrets(project, { "vapora:x": { list: [{ secure: ciphertext }], plain: 1 } }).config["vapora:x"];
  expect(open("v1:a")).toEqual({ list: [expect.stringMatching(/^placeholder-[0-9a-f]{16}$/)], plain: 1 });
  expect(open("v1:a")).toEqual(open("v1:a"));
  expect(open("v1:a")).not.toEqual(open("v1:b"));
});

test("what is wrong in the settings asks for no secret, and what is right beside it still gets its own", () => {
  const { secretKeys } = withoutSecrets(project, { ...prod, "vapora:backend": {} });
  expect(secretKeys).toEqual(["vapora:claudeApiKey", "vapora:openaiApiKey", "vapora:geminiApiKey"]);
  expect(withoutSecrets(project, { ...prod, "vapora:providers": {} }).secretKeys).toEqual([]);
});
