/**
 * Whom a limit by address is about: of IPv6 the /64, because whoever has one address there has all of them; an IPv4 address itself, also
 * where a socket of both kinds writes it as `::ffff:…`.
 */
export function addressNetwork(address = ""): string {
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? [];
  if (mapped !== undefined) return mapped;
  if (!address.includes(":")) return address;
  const [before = "", after] = (address.split("%", 1)[0] ?? "").split("::", 2);
  const first = groupsOf(before);
  const last = groupsOf(after ?? "");
  const gap = after === undefined ? 0 : Math.max(0, 8 - first.length - last.length);
  const groups = [...first, ...Array.from({ length: gap }, () => "0"), ...last];
  const network = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(":")}::/64`;
}

/** An IPv4 address at the end stands for two. */
function groupsOf(text: string): string[] {
  return text.split(":").flatMap((group) => (group === "" ? [] : group.includes(".") ? ["0", "0"] : [group]));
}
