import type { Program } from "@persona-protocol/sdk";
import { decodeCode, maxCodeBytes } from "@persona-protocol/sdk/compute";
import { useQuery } from "@tanstack/react-query";
import { useSession } from "../app/Session.tsx";
import { readPublicBlock } from "../storage/portalStores.ts";

/** The code that a program of version 2 names by its digest, out of the page's stores. Version 1 is its own code. */
export function useProgramCode(program: Program, isWanted: boolean) {
  const { config } = useSession();
  return useQuery({
    queryKey: ["code", program.v === 2 ? program.code : "none"],
    queryFn: async () =>
      program.v === 2 ? decodeCode(program, await readPublicBlock(config, program.code, maxCodeBytes + 16)) : null,
    enabled: isWanted && program.v === 2,
    // Other code would have another name.
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: false,
  });
}
