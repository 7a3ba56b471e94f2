import { Checkout, failure, success } from "../../../support/commands";

jest.setTimeout(600_000);

// One after the other, as a contract goes on.
describe("npm run outputs", () => {
  let checkout: Checkout;

  beforeAll(() => {
    checkout = new Checkout();
  });

  afterAll(() => checkout.remove());

  test("refuses a renamed output, says what consumers would see and what to do, and builds and releases nothing", async () => {
    const released = checkout.read("outputs/released.schema.json");
    checkout.replace("outputs/declaration.ts", "    url: text(", "    address: text(");
    const message = failure(await checkout.run("outputs", "--release"));
    expect(message).toContain("backend.service.url is gone (renamed to address?)");
    expect(message).toContain('fails with "backend.service.url is missing; it should be a text"');
    expect(message).toContain("set CONTRACT_VERSION in outputs/declaration.ts to 2");
    expect(checkout.read("outputs/released.schema.json")).toBe(released);
    checkout.replace("outputs/declaration.ts", "    address: text(", "    url: text(");
  });

  test("builds the package, and changes no file that is committed", async () => {
    expect(success(await checkout.run("outputs"))).toContain("outputs/dist is built");
    expect(checkout.read("outputs/dist/index.d.ts")).toContain("vaporaOutputs");
    expect(checkout.changedFiles()).toEqual([]);
  });

  test("notes an added output as released, from when on it must stay", async () => {
    const added = '      extraKey: secretKey("Another key."),\n';
    checkout.replace("outputs/declaration.ts", "      natsUrl: secretKey(", `${added}      natsUrl: secretKey(`);
    success(await checkout.run("outputs", "--release"));
    expect(checkout.changedFiles()).toEqual(["outputs/released.schema.json"]);
    checkout.replace("outputs/declaration.ts", added, "");
    expect(failure(await checkout.run("outputs"))).toContain("secrets.extraKey is gone");
  });
});
