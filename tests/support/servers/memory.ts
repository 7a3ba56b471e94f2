/** The memory cgroup of one container, of version 1 or 2. */
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { machine } from "./machine";

/** Limits the memory of one container, and counts what the kernel has killed for it. */
export class MemoryLimit {
  private kills = 0;

  private constructor(
    public readonly folder: string,
    private readonly version: 1 | 2,
  ) {}

  /** @throws Error where this machine has no memory cgroup to write to; see describeWithMemoryLimit */
  public static create(name: string, bytes: number): MemoryLimit {
    const { memory } = machine();
    if (memory === undefined) throw new Error("this machine has no memory cgroup to limit a container with");
    const limit = new MemoryLimit(join(memory.folder, name), memory.version);
    mkdirSync(limit.folder);
    if (memory.version === 1) limit.write("memory.limit_in_bytes", bytes);
    else {
      limit.write("memory.max", bytes);
      // one killed process ends the container, as a kubelet sets it
      limit.write("memory.oom.group", 1);
    }
    limit.forbidSwap(bytes);
    return limit;
  }

  /** Where a container sees its own limit. */
  public get target(): string {
    return this.version === 1 ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup";
  }

  /** Bytes that the container's processes have in use, with their page cache. */
  public usage(): number {
    return Number(this.read(this.version === 1 ? "memory.usage_in_bytes" : "memory.current"));
  }

  /** True if the kernel has killed a process of the container for its memory. */
  public hasKilled(): boolean {
    this.count();
    return this.kills > 0;
  }

  /** Removes the cgroup once its last process has gone. */
  public async remove(): Promise<void> {
    this.count();
    for (let tries = 0; tries < 100; tries++) {
      try {
        rmdirSync(this.folder);
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EBUSY") return;
        await setTimeout(20);
      }
    }
  }

  private count(): void {
    try {
      const text = this.read(this.version === 1 ? "memory.oom_control" : "memory.events");
      this.kills = Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0);
    } catch {
      // it has been removed; what it had counted stays
    }
  }

  private forbidSwap(bytes: number): void {
    try {
      if (this.version === 1) this.write("memory.memsw.limit_in_bytes", bytes);
      else this.write("memory.swap.max", 0);
    } catch {
      // a kernel that does not account swap
    }
  }

  private read(file: string): string {
    return readFileSync(join(this.folder, file), "utf8");
  }

  private write(file: string, value: number): void {
    writeFileSync(join(this.folder, file), String(value));
  }
}
