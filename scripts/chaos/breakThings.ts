import { appendFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Supervisor } from "./daemons.ts";
import type { ChainProxy } from "./faultyChain.ts";
import type { FaultyStore } from "./faultyStore.ts";
import type { Daemon, Fault } from "./schedule.ts";
import { filler } from "./smallDisk.ts";

/** What can be broken, and mended again. Reorganisations are the chain's. */
export type Breakable = {
  readonly supervisor: Supervisor;
  readonly endpoints: ReadonlyMap<Daemon, readonly ChainProxy[]>;
  readonly store: FaultyStore;
  readonly dataDirOf: (name: Daemon) => string;
  /** Are those on small disks? Another one must not be filled. */
  readonly disks: boolean;
};

/** Breaks it. @returns what mends it, for a fault that lasts */
export function breakThing(things: Breakable, fault: Exclude<Fault, { what: "reorg" }>): (() => void) | undefined {
  switch (fault.what) {
    case "kill":
      things.supervisor.kill(fault.target, fault.part);
      return undefined;
    case "down":
      things.supervisor.kill(fault.target, "daemon", fault.forMs);
      return undefined;
    case "chain": {
      const { how, share } = fault;
      // Of a daemon with two endpoints one fails: it is to go on by the other.
      const [proxy] = things.endpoints.get(fault.target) ?? [];
      if (proxy === undefined) return undefined;
      const mine = { how, share };
      proxy.fault = mine;
      return () => {
        if (proxy.fault === mine) proxy.fault = undefined;
      };
    }
    case "store": {
      const mine = { how: fault.how, share: fault.share };
      things.store.fault = mine;
      return () => {
        if (things.store.fault === mine) things.store.fault = undefined;
      };
    }
    case "disk": {
      if (!things.disks) return undefined;
      const file = join(things.dataDirOf(fault.target), filler);
      fill(file);
      return () => rmSync(file, { force: true });
    }
  }
}

/** Until the disk says that it is full. */
function fill(file: string): void {
  for (const size of [1024 * 1024, 4_096])
    try {
      for (;;) appendFileSync(file, Buffer.alloc(size));
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
    }
}
