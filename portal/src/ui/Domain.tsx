import type { AppOfAccount } from "@persona-protocol/sdk/access";
import { printable } from "@persona-protocol/sdk/errors";
import { Time } from "./Time.tsx";

/** A domain as it is written on the chain: punycode is not decoded, because decoded it may look like another domain. */
export function Domain({ domain }: { domain: AppOfAccount["domain"] }) {
  const isCoded = /(?:^|\.)xn--/.test(domain.name);
  return (
    <span className="row">
      <bdi className="mono">{printable(domain.name, { maxLength: 253 })}</bdi>
      {domain.status === "proved" ? (
        <span className="tag tag-good">
          proved, until <Time at={domain.expiresAt} short />
        </span>
      ) : (
        <span className="tag tag-warn">claimed, not proved</span>
      )}
      {isCoded && <span className="tag tag-warn">holds letters of other alphabets, written as xn--…</span>}
    </span>
  );
}
