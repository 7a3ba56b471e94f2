/** What a program hands to an engine to be called back. A recording calls nothing back, and so needs no server for it. */
import type { ICallbackServer } from "@pulumi/pulumi/runtime/callbacks";
import * as state from "@pulumi/pulumi/runtime/state";

/** Where the SDK keeps what belongs to a run; its types leave that out. */
interface RunState {
  readonly getStore: () => { callbacks?: ICallbackServer };
}

/**
 * Takes the place of the SDK's callback server in the run that is about to start. That one listens on a loopback port
 * and calls itself until it answers: without loopback, or with a proxy in the way, for ever.
 */
export function withoutCallbackServer(): void {
  const refuse = (): never => {
    throw new Error("a recording runs no transforms, state migrations or error hooks");
  };
  const callbacks: ICallbackServer = {
    // which hooks a resource has stands in its options
    registerResourceHook: () => Promise.resolve(),
    registerErrorHook: refuse,
    registerTransform: refuse,
    registerStateMigration: refuse,
    registerStackTransform: refuse,
    registerStackInvokeTransform: refuse,
    registerStackInvokeTransformAsync: refuse,
    awaitStackRegistrations: () => Promise.resolve(),
    shutdown: () => undefined,
  };
  (state as unknown as RunState).getStore().callbacks = callbacks;
}
