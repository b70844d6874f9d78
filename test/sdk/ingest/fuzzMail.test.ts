import { eml } from "../../../sdk/src/ingest/eml/eml.ts";
import { mbox } from "../../../sdk/src/ingest/mbox/mbox.ts";
import { fuzzConnector } from "./fuzzConnector.ts";

const sample = `From 1@xxx Mon Mar 02 10:15:00 +0000 2026
X-Gmail-Labels: Inbox,"a, b"
Date: Mon, 2 Mar 2026 11:15:00 +0100
From: =?utf-8?q?=C3=85se?= <ase@example.org>
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain; charset=utf-8; format=flowed
Content-Transfer-Encoding: quoted-printable

bl=C3=A5 =
b=C3=A6r
--b
Content-Type: image/png; name*0*=utf-8''a%20; name*1=b.png
Content-Transfer-Encoding: base64

aGVsbG8=
--b--

From -
Subject: two

>From text
`;

describe("mail under mutation", function () {
  this.timeout(0);
  it("mbox", () => fuzzConnector(mbox, { "a.mbox": sample }));
  it("eml", () => fuzzConnector(eml, { "a.eml": sample }));
});
