/** Claims' disks of a size of their own: one loses what was not forced onto it, the other grows while it is in use. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Server } from "../../../tools/commands/test/servers";
import { run } from "../../../tools/shared/processes";
import { describeWith } from "../cluster";
import { onPath } from "../programs";
import { describeWithServers, machine } from "./machine";

const PROGRAMS = ["mkfs.ext4", "losetup", "mount", "umount", "perl"];
/** EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH: from here on nothing reaches the disk, nor what was in memory. */
const GO_DOWN =
  'open(my $disk, "<", shift) or die "$!"; my $flag = pack("L", 2); ioctl($disk, 0x8004587D, $flag) or die "$!"';

/** A block of tests that need real servers and disks of their own. */
export function describeWithDisks(name: string, servers: readonly Server[], body: () => void): void {
  const program = PROGRAMS.find((one) => onPath(one) === undefined);
  const missing =
    program !== undefined ? `no ${program} on PATH` : existsSync("/dev/loop-control") ? undefined : "no loop devices";
  if (missing === undefined) describeWithServers(name, servers, body);
  else describeWith(name, missing, body);
}

/** Where a disk is mounted, to be a claim's folder. */
abstract class Mounted {
  protected constructor(
    protected readonly folder: string,
    public readonly path: string,
  ) {
    mkdirSync(path);
  }

  /** Bytes that are free. */
  public get free(): number {
    const { bavail, bsize } = statfsSync(this.path);
    return bavail * bsize;
  }

  /** Takes it away, once the containers that used it have ended. */
  public async close(): Promise<void> {
    await this.unmount();
    rmSync(this.folder, { recursive: true });
  }

  protected async unmount(): Promise<void> {
    await checked("umount", this.path);
  }
}

/** A disk in memory, which grows while it is in use. What it holds counts as memory of whichever container wrote it. */
export class GrowingDisk extends Mounted {
  public static async create(bytes: number): Promise<GrowingDisk> {
    const folder = newFolder();
    const disk = new GrowingDisk(folder, join(folder, "mounted"));
    await checked("mount", "-t", "tmpfs", "-o", `size=${String(bytes)}`, "tmpfs", disk.path);
    return disk;
  }

  public async grow(bytes: number): Promise<void> {
    await checked("mount", "-o", `remount,size=${String(bytes)}`, this.path);
  }
}

/** A file system in a file, which can go down. */
export class Disk extends Mounted {
  private get image(): string {
    return join(this.folder, "image");
  }

  public static async create(bytes: number): Promise<Disk> {
    const folder = newFolder();
    const disk = new Disk(folder, join(folder, "mounted"));
    writeFileSync(disk.image, "");
    truncateSync(disk.image, bytes);
    // nothing of it is kept for root
    await checked("mkfs.ext4", "-q", "-m", "0", disk.image);
    await disk.mount();
    return disk;
  }

  /** The node goes down: what has not been forced onto the disk is lost, and whoever uses it now gets errors. */
  public async goDown(): Promise<void> {
    await checked("perl", "-e", GO_DOWN, this.path);
  }

  /** Mounts it again, as another node does, once the containers that used it have ended. */
  public async comeBack(): Promise<void> {
    await this.unmount();
    await this.mount();
  }

  private async mount(): Promise<void> {
    await checked("mount", "-o", "loop", this.image, this.path);
  }

  protected override async unmount(): Promise<void> {
    await super.unmount();
    // a container's mounts go a moment after it; a second device for the same file would see another disk
    for (let tries = 0; (await this.devices()).length > 0; tries++) {
      if (tries >= 1200) throw new Error(`something still uses the disk ${this.path}`);
      await setTimeout(50);
    }
  }

  private async devices(): Promise<string[]> {
    const { stdout } = await run("losetup", ["--associated", this.image, "--noheadings", "--output", "NAME"]);
    return stdout.split("\n").filter((line) => line !== "");
  }
}

function newFolder(): string {
  const disks = join(machine().folder, "disks");
  mkdirSync(disks, { recursive: true });
  return mkdtempSync(join(disks, "disk-"));
}

async function checked(program: string, ...args: readonly string[]): Promise<void> {
  const { code, stderr } = await run(onPath(program) ?? program, args);
  if (code !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr}`);
}
