import type { DappClient } from "@persona-protocol/sdk/dapp";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Problem } from "./Problem.tsx";
import { program } from "./program.ts";

/** One signature, no gas. What comes of it is text: a link, a QR code, a message to the owner. */
export function Ask({ persona, onAsked }: { readonly persona: DappClient; readonly onAsked: () => void }) {
  const ask = useMutation({
    mutationFn: () =>
      persona.requestAccess({
        program,
        segments: ["posts"],
        why: "We reward posts that others liked.",
        uses: 3,
        expiresIn: "30d",
      }),
    onSuccess: onAsked,
  });
  const link = useTextFile(ask.data);
  return (
    <section>
      <h2>2. Ask</h2>
      <button type="button" disabled={ask.isPending} onClick={() => ask.mutate()}>
        Ask for access
      </button>
      {ask.data !== undefined && (
        <>
          <p>For the owner, who reads it and says yes with a signature:</p>
          <textarea aria-label="Request" readOnly rows={4} value={ask.data} />
          <a href={link} download="asked-in-page.txt">
            Save the request
          </a>
        </>
      )}
      <Problem error={ask.error} />
    </section>
  );
}

function useTextFile(text: string | undefined): string | undefined {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    if (text === undefined) return;
    const made = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [text]);
  return url;
}
