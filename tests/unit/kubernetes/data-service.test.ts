import * as pulumi from "@pulumi/pulumi";
import fc from "fast-check";
import { connectionUrl } from "../../../kubernetes/data-service";

/** The value of an output that has one. */
function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply(resolve));
}

const address = { host: pulumi.output("db.example.com"), port: 8000 };

test("without credentials a URL names host and port alone", async () => {
  expect(await valueOf(connectionUrl("nats", address))).toBe("nats://db.example.com:8000");
});

test("any user and password come out of the URL as they went in", async () => {
  const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(text, text, async (username, password) => {
      const url = new URL(await valueOf(connectionUrl("ws", address, { username, password }, "/vapora/vapora")));
      expect(decodeURIComponent(url.username)).toBe(username);
      expect(decodeURIComponent(url.password)).toBe(password);
      expect([url.hostname, url.port, url.pathname]).toEqual(["db.example.com", "8000", "/vapora/vapora"]);
    }),
    { numRuns: 50 },
  );
});

test("a secret password makes the URL secret", async () => {
  const url = connectionUrl("ws", address, { username: "vapora", password: pulumi.secret("p") });
  expect(await pulumi.isSecret(url)).toBe(true);
});
