import { rename, unlink } from "node:fs/promises";
import { connect } from "node:net";
import { generateKemKeyPair } from "@persona-protocol/sdk/crypto";
import { createKnownRecords, importArchive } from "@persona-protocol/sdk/ingest";
import {
  type LiveCursor,
  type LiveRun,
  openDelivery,
  runLiveSource,
  sealAuthorization,
} from "@persona-protocol/sdk/ingest/live";
import { expect } from "chai";
import { connectMailbox, type MailAccount } from "../../../node/src/enclave/ingest/imap/mailbox.ts";
import { mailSource, rangeOf } from "../../../node/src/enclave/ingest/imap/mailSource.ts";
import type { HttpExchange } from "../../../node/src/enclave/ingest/net/httpClient.ts";
import { createRootStore } from "../../../node/src/enclave/ingest/net/tlsConnection.ts";
import {
  findDovecot,
  mailHost,
  mailPassword,
  startDovecot,
  type TestMailServer,
  writeMail,
} from "../../helpers/dovecot.ts";
import { expectError } from "../../sdk/ingest/expectError.ts";
import { idsOf, partsOf, rowsOf } from "../../sdk/ingest/live/liveParts.ts";
import { memoryArchive } from "../../sdk/ingest/memoryArchive.ts";
import { startTestIngest } from "./ingestHelpers.ts";

const found = findDovecot();

const mail = (number: number, more = "") =>
  `Message-ID: <${number}@example.org>\nFrom: Ola <ola@example.org>\nTo: kari@example.org\nSubject: Rope ${number}\nDate: Mon, 01 Jan 2024 10:00:00 +0000\n${more}\ntoo short, ${number}\n`;

describe("rangeOf", () => {
  it("default: as IMAP writes sets of numbers", () => {
    expect(rangeOf([7, 1, 3, 2])).to.equal("1:3,7");
    expect(rangeOf([5])).to.equal("5");
  });
});

if ("reason" in found) {
  describe("mailSource", () => {
    it.skip(`against a real mail server (skipped: ${found.reason})`);
  });
} else {
  describe("mailSource, against Dovecot", function () {
    // Of processes.
    this.timeout(120_000);
    let server: TestMailServer;
    const roots = new Map<string, ReturnType<typeof createRootStore>>();

    before(async () => {
      server = await startDovecot(found);
    });
    after(() => server?.stop());
    beforeEach(() => {
      server.dropAfter = undefined;
    });

    async function run(
      user: string,
      cursor?: LiveCursor,
      more: Partial<MailAccount> = {},
    ): Promise<LiveRun & { exchanges: HttpExchange[] }> {
      const store = roots.get("") ?? createRootStore([server.authority.root]);
      roots.set("", store);
      const exchanges: HttpExchange[] = [];
      const account: MailAccount = {
        host: mailHost,
        port: 993,
        security: "tls",
        user,
        password: mailPassword,
        accessToken: null,
        ...more,
      };
      const session = {
        connect: () =>
          connectMailbox(account, {
            dial: () => connect({ host: "127.0.0.1", port: server.port }),
            roots: store,
            onExchange: (exchange) => exchanges.push(exchange),
            maxMailBytes: 64 * 2 ** 20,
          }),
      };
      return { ...(await runLiveSource(mailSource, session, cursor)), exchanges };
    }
    const subjects = async (of: LiveRun) => (await rowsOf(of, "headers")).map(({ subject }) => subject);

    it("default: all folders but the trash, with flags, and the ids of an mbox", async () => {
      const inbox = await server.mailbox("kari");
      await writeMail(inbox, mail(1), "S");
      await writeMail(inbox, mail(2), "FR");
      await writeMail(await server.mailbox("kari", "Sent"), mail(3), "S");
      await writeMail(await server.mailbox("kari", "Trash"), mail(4), "S");
      const live = await run("kari");
      expect((await subjects(live)).sort()).to.deep.equal(["Rope 1", "Rope 2", "Rope 3"]);
      const rows = new Map((await rowsOf(live, "headers")).map((row) => [row["subject"], row]));
      expect(rows.get("Rope 1")).to.include({ keywords: '["$seen"]', is_own: false });
      expect(rows.get("Rope 2")).to.include({ keywords: '["$answered","$flagged"]' });
      expect(rows.get("Rope 3")).to.include({ is_own: true });
      expect(new Set(live.exchanges.map(({ certificate }) => certificate)).size).to.equal(1);

      const archive = await importArchive(
        memoryArchive({ "Inbox.mbox": `From ola Mon Jan  1 10:00:00 2024\n${mail(1)}\n` }),
      );
      expect(await idsOf(live, "headers")).to.include((await idsOf(archive, "headers"))[0]);
      const known = createKnownRecords();
      for (const part of await partsOf(archive)) await known.add(part);
      // A mail that both have is one.
      expect(live.segments.map(({ name, schema }) => [name, schema])).to.deep.equal(
        archive.segments.map(({ name, schema }) => [name, schema]),
      );
    });

    it("behavior: by number and MODSEQ: only what is new, changed or gone, and nothing where nothing is", async () => {
      const inbox = await server.mailbox("ola");
      const first = await writeMail(inbox, mail(11), "S");
      const second = await writeMail(inbox, mail(12), "");
      const one = await run("ola");
      const again = await run("ola", one.cursor);
      expect(again.segments.map(({ records }) => records)).to.deep.equal([0, 0, 0]);
      expect(again.exchanges.some(({ shape }) => shape.includes("BODY"))).to.equal(false);
      await unlink(first);
      await writeMail(inbox, mail(13), "S");
      const two = await run("ola", again.cursor);
      expect(await subjects(two)).to.deep.equal(["Rope 13"]);
      expect(two.deletions.map(({ segment, keys }) => [segment, keys.length])).to.deep.equal([
        ["headers", 1],
        ["bodies", 1],
      ]);
      // Another program flags a mail.
      await rename(second, second.replace(/,$/, ",F"));
      const three = await run("ola", two.cursor);
      expect((await rowsOf(three, "headers")).map(({ subject, keywords }) => [subject, keywords])).to.deep.equal([
        ["Rope 12", '["$flagged"]'],
      ]);
      expect(three.deletions.map(({ segment }) => segment)).to.deep.equal(["headers", "bodies"]);
    });

    it("behavior: numbers that start anew (UIDVALIDITY): read again, and only what is gone is dropped", async () => {
      const inbox = await server.mailbox("per");
      const lost = await writeMail(inbox, mail(21));
      await writeMail(inbox, mail(22));
      const one = await run("per");
      await unlink(lost);
      await writeMail(inbox, mail(23));
      await server.renumber("per");
      const two = await run("per", one.cursor);
      expect((await subjects(two)).sort()).to.deep.equal(["Rope 22", "Rope 23"]);
      const gone = two.deletions.find(({ segment }) => segment === "headers")?.keys ?? [];
      const [first = "", second = ""] = await idsOf(one, "headers");
      expect(gone).to.deep.equal([(await rowsOf(one, "headers"))[0]?.["subject"] === "Rope 21" ? first : second]);
      expect((await run("per", two.cursor)).deletions).to.deep.equal([]);
    });

    it("behavior: a connection that drops in the middle: the next run goes on, and nothing is lost", async () => {
      const inbox = await server.mailbox("eva");
      const filler = "x".repeat(900);
      for (let number = 0; number < 1_300; number++)
        await writeMail(inbox, mail(30_000 + number, `X-Filler: ${filler}\n`));
      server.dropAfter = 900_000;
      const first = await run("eva");
      expect(first.stopped?.code).to.equal("SOURCE_UNAVAILABLE");
      const ids = new Set(await idsOf(first, "headers"));
      expect(ids.size).to.be.within(500, 1_299);
      server.dropAfter = undefined;
      const second = await run("eva", first.cursor);
      expect(second.stopped).to.equal(undefined);
      for (const id of await idsOf(second, "headers")) ids.add(id);
      expect(ids.size).to.equal(1_300);
      expect(second.segments[0]?.records).to.be.lessThan(1_300);
      server.dropAfter = 300;
      await expectError("SOURCE_UNAVAILABLE", () => run("eva", second.cursor));
    });

    it("error: a wrong password, another host's certificate, an unknown root", async () => {
      await server.mailbox("kari");
      await expectError("SOURCE_CONSENT_ENDED", () => run("kari", undefined, { password: "wrong" }));
      await expectError("SOURCE_CERTIFICATE_INVALID", () => run("kari", undefined, { host: "imap.evil.example" }));
    });

    it("default: in the ingest enclave, by a sealed password that nobody else sees", async () => {
      const inbox = await server.mailbox("nina");
      await writeMail(inbox, mail(41), "S");
      const ingest = await startTestIngest(server);
      try {
        const keys = await generateKemKeyPair();
        const sealed = await sealAuthorization(ingest.enclave, {
          source: "imap",
          server: null,
          client: null,
          scopes: [],
          grant: { kind: "password", password: mailPassword },
          mailbox: { host: mailHost, port: 993, user: "nina", security: "tls" },
          recipient: keys.publicKey,
        });
        const session = await ingest.authorize(sealed);
        const result = await ingest.run({ box: session.box, cursor: null });
        if (result.origin === null) throw new Error("no statement");
        const delivery = await openDelivery({
          privateKey: keys.privateKey,
          origin: result.origin,
          boxes: result.boxes,
        });
        expect(delivery.parts.find(({ name }) => name === "headers")?.records).to.equal(1);
        expect(delivery.origin.hosts.map(({ host }) => host)).to.deep.equal([`${mailHost}:993`]);
        expect(delivery.origin.hosts[0]?.requests.map(({ shape }) => shape)).to.deep.equal([
          "LIST",
          "UID FETCH (BODY.PEEK[])",
        ]);
      } finally {
        await ingest.stop();
      }
    });
  });
}
