import { useEffect, useRef } from "react";
import { useBlock } from "wagmi";
import { announce } from "./announce.ts";
import { useSession } from "./Session.tsx";

/** Is the chain there? While it is not, everything stays as it was read, and this says since when. */
export function ChainState() {
  const { config } = useSession();
  const { chainId, name } = config.network;
  const { isError, isSuccess, dataUpdatedAt, data, refetch, isFetching } = useBlock({
    chainId,
    query: { refetchInterval: 4_000, retry: 0, staleTime: 0 },
  });
  const wasDown = useRef(false);
  const isDown = isError;
  useEffect(() => {
    if (isDown && !wasDown.current) announce(`${name} does not answer. What is shown is from before.`);
    if (!isDown && wasDown.current && isSuccess) announce(`${name} answers again.`);
    wasDown.current = isDown;
  }, [isDown, isSuccess, name]);
  if (!isDown) return null;
  return (
    <div className="notice notice-bad" role="alert">
      <span>
        <strong>{name} does not answer.</strong>{" "}
        {data === undefined
          ? "Nothing could be read yet."
          : `What you see was read at ${new Date(dataUpdatedAt).toLocaleTimeString()}. It may have changed since.`}{" "}
        Nothing that you do now is sent. The page goes on asking.
      </span>
      <button type="button" className="plain" disabled={isFetching} onClick={() => void refetch()}>
        Ask again now
      </button>
    </div>
  );
}
