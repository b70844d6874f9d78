import { unescapeText } from "../unescapeText.ts";

/**
 * Slack's markup as text: `<@U02>` is `@U02`, `<#C01|general>` is `#general`, `<https://…|menu>` is `menu (https://…)`, `<!here>`
 * is `@here`; then `&amp;`, `&lt;` and `&gt;` are unescaped. The markup itself stays in `extra`.
 */
export function slackText(text: string): string {
  const plain = text.replace(
    /<([^<>|\n]{1,3000})(?:\|([^<>\n]{0,3000}))?>/g,
    (whole, target: string, label?: string) => {
      const named = label === undefined || label === "" ? undefined : label;
      if (target.startsWith("@")) return `@${named ?? target.slice(1)}`;
      if (target.startsWith("#")) return `#${named ?? target.slice(1)}`;
      if (target.startsWith("!date^")) return named ?? whole;
      if (target.startsWith("!")) return named ?? `@${target.slice(1)}`;
      if (!/^[a-z][a-z0-9+.-]{1,20}:/i.test(target)) return whole;
      if (named === undefined || named === target || target === `mailto:${named}` || target === `tel:${named}`) {
        return named ?? target;
      }
      return `${named} (${target})`;
    },
  );
  return unescapeText(plain);
}
