import { connect } from "node:net";
import { type LiveCursor, type LiveRun, runLiveSource } from "@persona-protocol/sdk/ingest/live";
import { expect } from "chai";
import { connectMailbox } from "../../node/src/enclave/ingest/imap/mailbox.ts";
import { mailSource } from "../../node/src/enclave/ingest/imap/mailSource.ts";
import { createRootStore } from "../../node/src/enclave/ingest/net/tlsConnection.ts";
import { findDovecot, mailHost, mailPassword, startDovecot, type TestMailServer } from "../helpers/dovecot.ts";

/** `npm test -- --only mail`: a mailbox as large as a person's of twenty years, on a real server. */
const mails = Number(process.env["PERSONA_MAILS"] ?? 100_000);
const found = findDovecot();

const mail = (number: number): string =>
  [
    `From ola@example.org Mon Jan  1 10:00:00 2024`,
    `Message-ID: <${number}@example.org>`,
    `From: Ola Nordmann <ola@example.org>`,
    `To: Kari <kari@example.org>`,
    `Subject: Rope ${number}`,
    `Date: Mon, 01 Jan 2024 10:00:00 +0000`,
    "",
    `It is too short, for the ${number}th time. ${"x".repeat(number % 400)}`,
    "",
    "",
  ].join("\n");

describe(`a mailbox of ${mails} mails`, function () {
  this.timeout(3_600_000);
  if ("reason" in found) {
    it.skip(`on a real mail server (skipped: ${found.reason})`);
    return;
  }
  let server: TestMailServer;
  before(async () => {
    server = await startDovecot(found, "mbox");
    await server.writeMbox("kari", mailbox(0));
  });
  const mailbox = (from: number): string => {
    const parts: string[] = [];
    for (let number = from; number < mails; number++) parts.push(mail(number));
    return parts.join("");
  };
  after(() => server?.stop());

  async function run(
    cursor: LiveCursor | undefined,
  ): Promise<{ readonly run: LiveRun; readonly seconds: number; readonly peakMb: number }> {
    const roots = createRootStore([server.authority.root]);
    const account = {
      host: mailHost,
      port: 993,
      security: "tls",
      user: "kari",
      password: mailPassword,
      accessToken: null,
    } as const;
    const dial = () => connect({ host: "127.0.0.1", port: server.port });
    const session = {
      connect: () => connectMailbox(account, { dial, roots, onExchange: () => {}, maxMailBytes: 64 * 2 ** 20 }),
    };
    let peak = 0;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss());
    }, 200);
    const start = performance.now();
    try {
      const result = await runLiveSource(mailSource, session, cursor);
      return { run: result, seconds: (performance.now() - start) / 1_000, peakMb: Math.round(peak / 2 ** 20) };
    } finally {
      clearInterval(watch);
    }
  }
  const headers = ({ segments }: LiveRun) => segments.find(({ name }) => name === "headers")?.records ?? 0;

  it("default: all of it, over connections that drop; then nothing is read again; and what is gone when its numbers start anew", async () => {
    // Twice, at different places: a third of it each, and a second connection that goes on from the first's last mark.
    server.dropAfter = mails * 200;
    const first = await run(undefined);
    expect(first.run.stopped?.code).to.equal("SOURCE_UNAVAILABLE");
    const dropped = await run(first.run.cursor);
    expect(dropped.run.stopped?.code).to.equal("SOURCE_UNAVAILABLE");
    server.dropAfter = undefined;
    const second = await run(dropped.run.cursor);
    expect(second.run.stopped).to.equal(undefined);
    // What was read after the last mark is read again.
    const read = headers(first.run) + headers(dropped.run) + headers(second.run);
    expect(read).to.be.within(mails, Math.ceil(mails * 1.1));
    const third = await run(second.run.cursor);
    expect(headers(third.run)).to.equal(0);
    // A server that was restored: another UIDVALIDITY, every number anew, and ten mails that are gone.
    await server.writeMbox("kari", mailbox(10));
    const fourth = await run(third.run.cursor);
    expect(fourth.run.stopped).to.equal(undefined);
    expect(headers(fourth.run)).to.equal(mails - 10);
    const gone = fourth.run.deletions.find(({ segment }) => segment === "headers")?.keys ?? [];
    expect(gone).to.have.length(10);
    expect(new Set(gone).size).to.equal(10);
    const fifth = await run(fourth.run.cursor);
    expect([headers(fifth.run), fifth.run.deletions.length]).to.deep.equal([0, 0]);
    const cursor = ((third.run.cursor ?? "").length / 2 ** 20).toFixed(1);
    console.log(
      `    ${mails} mails: ${first.seconds.toFixed(1)} s to the first drop (${headers(first.run)}), ` +
        `${dropped.seconds.toFixed(1)} s to the second (${headers(dropped.run)}), ${second.seconds.toFixed(1)} s for the rest, ` +
        `${third.seconds.toFixed(1)} s when nothing is new, ${fourth.seconds.toFixed(1)} s when all numbers are; ` +
        `peak ${Math.max(...[first, dropped, second, fourth].map(({ peakMb }) => peakMb))} MB; cursor ${cursor} MiB`,
    );
  });
});
