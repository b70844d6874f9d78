import { expect } from "chai";
import { unescapeText } from "../../../sdk/src/ingest/unescapeText.ts";

describe("unescapeText", () => {
  it("default", () => {
    expect(unescapeText("Fish &amp; chips &lt;3 &gt; all")).to.equal("Fish & chips <3 > all");
    expect(unescapeText("&quot;a&quot; &apos;b&apos; &#39;c&#39; &#x27;d&#X27; &#128031;")).to.equal(
      `"a" 'b' 'c' 'd' 🐟`,
    );
  });

  it("behavior: replaces once, never twice", () => {
    expect(unescapeText("&amp;lt;")).to.equal("&lt;");
    expect(unescapeText("&amp;amp;amp;")).to.equal("&amp;amp;");
    expect(unescapeText("&amp;#39;")).to.equal("&#39;");
  });

  it("behavior: leaves what X never wrote", () => {
    for (const text of [
      "&",
      "&;",
      "& amp;",
      "&AMP;",
      "&nbsp;",
      "&#;",
      "&#0;",
      "&#xD800;",
      "&#1114112;",
      "&#99999999;",
      "AT&T",
      "&lt",
      "&#x;",
    ]) {
      expect(unescapeText(text), text).to.equal(text);
    }
    expect(unescapeText("&#1114111;")).to.equal("\u{10ffff}");
  });
});
