/**
 * A small stand-in for Pulumi's provider of random values, for the try-out and the tests of machines without Pulumi: it
 * is never used where Pulumi's own is. It knows the three resources that this project's program asks for.
 * @see https://www.pulumi.com/registry/packages/random/api-docs
 */
import { randomBytes, randomInt, randomUUID } from "node:crypto";
import { main } from "@pulumi/pulumi/provider";
import type { CheckResult, CreateResult, DiffResult, Provider } from "@pulumi/pulumi/provider";
import { endWithEngine } from "./end-with-engine";

type Properties = Readonly<Record<string, unknown>>;

/** What the provider makes of a resource's inputs. */
interface Kind {
  /** Inputs that are there unless others are given. */
  readonly defaults: Properties;
  readonly make: (inputs: Properties) => { readonly id: string; readonly outputs: Properties };
}

const LETTERS_AND_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const SPECIAL = "!@#$%&*()-_=+[]{}<>:?";

const KINDS: Readonly<Record<string, Kind>> = {
  "random:index/randomBytes:RandomBytes": {
    defaults: {},
    make: ({ length }) => {
      const bytes = randomBytes(Number(length));
      return {
        id: bytes.toString("base64"),
        outputs: { base64: bytes.toString("base64"), hex: bytes.toString("hex") },
      };
    },
  },
  "random:index/randomPassword:RandomPassword": {
    defaults: { lower: true, upper: true, numeric: true, special: true },
    make: ({ length, special }) => {
      const alphabet = special === true ? LETTERS_AND_DIGITS + SPECIAL : LETTERS_AND_DIGITS;
      const characters = Array.from({ length: Number(length) }, () => alphabet.charAt(randomInt(alphabet.length)));
      return { id: "none", outputs: { result: characters.join("") } };
    },
  },
  "random:index/randomUuid:RandomUuid": {
    defaults: {},
    make: () => {
      const uuid = randomUUID();
      return { id: uuid, outputs: { result: uuid } };
    },
  },
};

const provider: Provider = {
  version: process.env.VAPORA_PLUGIN_VERSION ?? "",

  check: (urn: string, _olds: Properties, news: Properties): Promise<CheckResult> => {
    return Promise.resolve({ inputs: { ...kindOf(urn).defaults, ...news } });
  },

  /** Whatever changes, the value is another one. */
  diff: (_id: string, _urn: string, olds: Properties, news: Properties): Promise<DiffResult> => {
    const changed = Object.keys(news).filter((name) => JSON.stringify(news[name]) !== JSON.stringify(olds[name]));
    if ("keepers" in olds && !("keepers" in news)) changed.push("keepers");
    return Promise.resolve({ changes: changed.length > 0, replaces: changed });
  },

  create: (urn: string, inputs: Properties): Promise<CreateResult> => {
    const { id, outputs } = kindOf(urn).make(inputs);
    return Promise.resolve({ id, outs: { ...inputs, ...outputs } });
  },
};

endWithEngine();
void main(provider, process.argv.slice(2));

function kindOf(urn: string): Kind {
  const type = urn.split("::")[2]?.split("$").pop() ?? "";
  const kind = KINDS[type];
  if (kind === undefined) throw new Error(`the stand-in for the random provider does not know ${type}`);
  return kind;
}
