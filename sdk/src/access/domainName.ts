import { PersonaError } from "../errors/index.ts";

const maxBytes = 253;
/** As AppRegistry has it: lower-case labels of letters, digits and hyphens; the last one starts with a letter. */
const domainPattern = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * Never names of the public internet (RFC 6761, 6762, 8375, 9476, ICANN's `internal`, the `lan` of home routers): what answers
 * is inside somebody's network.
 */
const specialUse = ["alt", "arpa", "example", "internal", "invalid", "lan", "local", "localhost", "onion", "test"];

/**
 * Refuses whatever is not a name of the public internet in the registry's one spelling: IP addresses in every form, ports,
 * users, paths, upper case, a dot at the end. Punycode passes and is never decoded: a look-alike must look odd.
 * @throws PersonaError DOMAIN_INVALID
 */
export function requirePublicDomain(domain: string): void {
  requireDomain(domain);
  const top = domain.slice(domain.lastIndexOf(".") + 1);
  if (specialUse.includes(top)) throw invalid("The domain is not one of the public internet.");
}

/** The spelling alone. @throws PersonaError DOMAIN_INVALID */
export function requireDomain(domain: string): void {
  if (domain.length > maxBytes || !domainPattern.test(domain)) throw invalid("This is not a domain name.");
  // A label such as `xn--` alone is no punycode, and no URL parser takes it.
  const url = `https://${domain}`;
  if (!URL.canParse(url) || new URL(url).host !== domain) throw invalid("No browser takes this for a host name.");
}

/** Without the text: it is a stranger's, and errors are printed. */
const invalid = (message: string) => new PersonaError("DOMAIN_INVALID", message);
