import { type LiveSource, liveSources, runLiveSource } from "@persona-protocol/sdk/ingest/live";
import { expect } from "chai";
import { type HttpService, type Reply, startHttpService } from "../../helpers/httpService.ts";
import { expectError } from "../../sdk/ingest/expectError.ts";

/** What every source meets with its service, whatever it asks first. */
describe("live sources: what services do wrong", function () {
  this.timeout(60_000);
  const hosts = [...new Set(liveSources.flatMap((source) => source.hosts))];
  let service: HttpService;
  let reply: Reply = {};

  before(async () => {
    service = await startHttpService([...hosts, "evil.example"], () => reply);
  });

  after(() => service.stop());

  beforeEach(() => {
    service.answer = () => reply;
    service.asked.length = 0;
    service.waits.length = 0;
  });

  const run = (source: LiveSource, limits = {}) =>
    runLiveSource(source, service.session(source), undefined, { limits });

  for (const source of liveSources) {
    it(`error: ${source.id}: 401, 403, 5xx, a page for people, JSON that is cut off or of another form`, async () => {
      reply = { status: 401 };
      await expectError("SOURCE_CONSENT_ENDED", () => run(source));
      reply = { status: 403, body: { message: "no" } };
      await expectError("SOURCE_REFUSED", () => run(source));
      expect(service.waits).to.deep.equal([]);

      reply = { status: 502, body: "<html>" };
      service.asked.length = 0;
      await expectError("SOURCE_UNAVAILABLE", () => run(source));
      expect(service.asked, "tries").to.have.length(4);
      expect(service.waits).to.deep.equal([1_000, 2_000, 4_000]);

      reply = { headers: { "content-type": "text/html" }, body: "{}" };
      await expectError("SOURCE_ANSWER_INVALID", () => run(source));
      for (const body of [
        '{"a": ',
        "[{]",
        '"text"',
        "17",
        '[1, "x"]',
        "{}",
        Buffer.from([0x22, 0xff, 0x22]),
        `${"[".repeat(200)}${"]".repeat(200)}`,
      ]) {
        reply = { body };
        await expectError("SOURCE_ANSWER_INVALID", () => run(source));
      }
      reply = { body: { id: "1".repeat(1_000) }, cutOff: true };
      await expectError("SOURCE_UNAVAILABLE", () => run(source));
    });

    it(`behavior: ${source.id}: 429 is waited for as the service says, and no longer than the limit`, async () => {
      const calls: string[] = [];
      service.answer = ({ path }) => {
        calls.push(path);
        return calls.length < 3 ? { status: 429, headers: { "retry-after": "7" } } : { status: 401 };
      };
      await expectError("SOURCE_CONSENT_ENDED", () => run(source));
      expect(service.waits).to.deep.equal([7_000, 7_000]);
      service.answer = () => ({ status: 429, headers: { "retry-after": "3600" } });
      const error = await expectError("SOURCE_RATE_LIMITED", () => run(source));
      expect(service.waits).to.have.length(2);
      expect(Number(error.data["retryAt"])).to.be.greaterThan(Date.UTC(2026, 0, 15) / 1_000 + 3_500);
      // Without a word: tried a few times, not for ever.
      service.answer = () => ({ status: 429 });
      await expectError("SOURCE_RATE_LIMITED", () => run(source));
    });

    it(`error: ${source.id}: redirects and bodies of a hostile service; its cookies are not kept`, async () => {
      for (const location of [
        "https://evil.example/",
        `http://${source.hosts[0]}/`,
        "https://169.254.169.254/latest/meta-data",
        `https://user:secret@${source.hosts[0]}/`,
        "file:///etc/passwd",
        "//evil.example/x",
      ]) {
        reply = { status: 302, headers: { location } };
        await expectError("SOURCE_HOST_REFUSED", () => run(source));
      }
      expect(new Set(service.asked.map(({ host }) => host)).has("evil.example")).to.equal(false);
      reply = { status: 302, headers: { location: "/again" } };
      await expectError("SOURCE_ANSWER_INVALID", () => run(source));

      reply = { body: Buffer.alloc(5 * 2 ** 20, 0x20) };
      await expectError("SOURCE_ANSWER_INVALID", () => run(source));
      reply = { headers: { "content-encoding": "gzip" }, body: "{}" };
      await expectError("SOURCE_ANSWER_INVALID", () => run(source));
      reply = { status: 502, headers: { "set-cookie": ["session=1; Path=/"] } };
      await expectError("SOURCE_UNAVAILABLE", () => run(source));
      expect(service.asked.some(({ headers }) => headers["cookie"] !== undefined)).to.equal(false);
    });
  }

  it("error: an answer that takes for ever is let go of", async () => {
    const [source] = liveSources;
    if (source === undefined) throw new Error("no source");
    service.answer = () => ({ body: { id: "x".repeat(100_000) }, headers: { "content-length": "200000" } });
    const slow = service.session(source, { wholeMs: 300 });
    await expectError("SOURCE_UNAVAILABLE", () => runLiveSource(source, slow, undefined));
  });

  it("error: pages without end, pages in a circle, and a link to another host in them", async () => {
    const source = liveSources.find(({ id }) => id === "github");
    if (source === undefined) throw new Error("no source");
    const user = { html_url: "https://github.com/kari" };
    let page = 0;
    let link = () => `<https://api.github.com/user/repos?page=${++page}>; rel="next"`;
    service.answer = ({ path }) => (path === "/user" ? { body: user } : { body: [], headers: { link: link() } });
    const endless = await expectError("SOURCE_ANSWER_INVALID", () => run(source, { maxPages: 20 }));
    expect(endless.data).to.include({ maxPages: 20 });
    const many = await expectError("SOURCE_ANSWER_INVALID", () => run(source, { maxRequests: 30 }));
    expect(many.data).to.include({ maxRequests: 30 });
    link = () =>
      '<https://api.github.com/user/repos?page=2>; rel="next", <https://api.github.com/user/repos?page=9>; rel="last"';
    await expectError("SOURCE_ANSWER_INVALID", () => run(source));
    for (const target of [
      "https://evil.example/user/repos",
      "http://api.github.com/user/repos",
      "https://api.github.com.evil.example/",
      "https://127.0.0.1/",
    ]) {
      link = () => `<${target}>; rel="next"`;
      await expectError("SOURCE_HOST_REFUSED", () => run(source));
    }
    expect(new Set(service.asked.map(({ host }) => host))).to.deep.equal(new Set(["api.github.com"]));
  });
});
