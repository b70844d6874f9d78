import { useCallback, useRef, useState } from "react";
import { announce } from "../app/announce.ts";
import { refreshAll } from "../app/queryClient.ts";

export type Write<args extends readonly unknown[]> = {
  readonly state: "idle" | "busy" | "done" | "failed";
  readonly error: unknown;
  readonly run: (...args: args) => Promise<boolean>;
  readonly reset: () => void;
};

/**
 * Something that changes the chain or a signature that allows it: one at a time, said to screen readers, and after it everything is
 * read anew. A second click while the first one is under way does nothing.
 */
export function useWrite<args extends readonly unknown[]>(
  work: (...args: args) => Promise<unknown>,
  words: { readonly busy: string; readonly done: string },
): Write<args> {
  const [state, setState] = useState<Write<args>["state"]>("idle");
  const [error, setError] = useState<unknown>(undefined);
  const busy = useRef(false);
  const run = useCallback(
    async (...args: args) => {
      if (busy.current) return false;
      busy.current = true;
      setState("busy");
      setError(undefined);
      announce(words.busy);
      try {
        await work(...args);
      } catch (failure) {
        setError(failure);
        setState("failed");
        return false;
      } finally {
        // What can be clicked again must answer again: reading everything anew may take a while.
        busy.current = false;
      }
      setState("done");
      announce(words.done);
      await refreshAll();
      return true;
    },
    [work, words.busy, words.done],
  );
  const reset = useCallback(() => {
    setState("idle");
    setError(undefined);
  }, []);
  return { state, error, run, reset };
}
