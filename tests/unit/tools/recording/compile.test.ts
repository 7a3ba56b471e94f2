import { join } from "node:path";
import * as esbuild from "esbuild";
import { compile } from "../../../../tools/recording/compile";
import { projectRoot } from "../../../../tools/recording/project";
import { Interrupted, UserError } from "../../../../tools/shared/user-error";

jest.mock("esbuild", () => ({ buildSync: jest.fn() }));

const entry = join(projectRoot(), "index.ts");

describe("a compiler that is stopped", () => {
  beforeEach(() => {
    jest.mocked(esbuild.buildSync).mockImplementation(() => {
      throw new Error("The service was stopped: write EPIPE");
    });
  });

  test("by Ctrl-C, which this process sees after the compiler has ended, was interrupted", async () => {
    const interruption = new AbortController();
    setTimeout(() => {
      interruption.abort();
    }, 5);
    await expect(compile(projectRoot(), entry, interruption.signal)).rejects.toBeInstanceOf(Interrupted);
  });

  test("by something else did not finish", async () => {
    const failure = compile(projectRoot(), entry, new AbortController().signal);
    await expect(failure).rejects.toThrow(
      new UserError("The compiler did not finish: The service was stopped: write EPIPE"),
    );
    await expect(failure).rejects.not.toBeInstanceOf(Interrupted);
  });
});
