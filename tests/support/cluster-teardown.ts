import { stopControlPlane } from "../../local/control-plane";
import { VARIABLE } from "./cluster-setup";

export default async function teardown(): Promise<void> {
  const { folder } = JSON.parse(process.env[VARIABLE] ?? "{}") as { folder?: string };
  if (folder !== undefined) await stopControlPlane(folder);
}
