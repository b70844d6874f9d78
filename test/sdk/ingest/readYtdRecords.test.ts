import { expect } from "chai";
import { defaultImportLimits } from "../../../sdk/src/ingest/index.ts";
import { readYtdRecords, type YtdRecord } from "../../../sdk/src/ingest/xArchive/readYtdRecords.ts";
import { expectError } from "./expectError.ts";

const encoder = new TextEncoder();

async function* inPieces(data: string | Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  const bytes = typeof data === "string" ? encoder.encode(data) : data;
  // One buffer for all pieces: the reader must not keep a piece.
  const piece = new Uint8Array(pieceBytes);
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const next = bytes.subarray(at, at + pieceBytes);
    piece.set(next);
    yield piece.subarray(0, next.length);
  }
}

async function read(
  data: string | Uint8Array,
  options: { pieceBytes?: number; limits?: Partial<typeof defaultImportLimits> } = {},
): Promise<YtdRecord[]> {
  const { pieceBytes = 4096, limits = {} } = options;
  const records = readYtdRecords(inPieces(data, pieceBytes), "data/tweets.js", ["tweets", "tweet"], {
    ...defaultImportLimits,
    ...limits,
  });
  return Array.fromAsync(records);
}

const invalid = (data: string | Uint8Array, options?: Parameters<typeof read>[1]) =>
  expectError("EXPORT_INVALID", () => read(data, options));

describe("readYtdRecords", () => {
  it("default", async () => {
    const text = 'window.YTD.tweets.part0 = [ {"a":1}, {"b":[{}]} ]';
    expect(await read(text)).to.deep.equal([
      { value: { a: 1 }, position: 28 },
      { value: { b: [{}] }, position: 37 },
    ]);
  });

  it("behavior: same records wherever the pieces are cut", async () => {
    const records = [
      { text: "cut }; here ] and = there", quote: 'say "hi" \\', end: "\\\\" },
      { text: "🐟 blåbær 東京 👨‍👩‍👧", nested: { list: [1, [2, { x: "]" }], null, true] } },
      {},
    ];
    const data = `window.YTD.tweets.part0 = ${JSON.stringify(records, null, 1)}`;
    for (let pieceBytes = 1; pieceBytes < 40; pieceBytes++) {
      expect((await read(data, { pieceBytes })).map(({ value }) => value)).to.deep.equal(records);
    }
  });

  it("behavior: records larger than the first buffer", async () => {
    const large = { text: "ø".repeat(900_000) };
    const data = `window.YTD.tweets.part0 = ${JSON.stringify([{ a: 1 }, large, { b: 2 }])}`;
    expect((await read(data, { pieceBytes: 100_000 })).map(({ value }) => value)).to.deep.equal([
      { a: 1 },
      large,
      { b: 2 },
    ]);
  });

  it("behavior: empty lists, old wrapper, BOM, CRLF, a semicolon at the end", async () => {
    expect(await read("window.YTD.tweets.part0 = []")).to.deep.equal([]);
    expect(await read("window.YTD.tweet.part0 = [ ]\n")).to.deep.equal([]);
    expect(await read("\ufeffwindow.YTD.tweets.part12=[\r\n{}\r\n] ;\r\n")).to.have.length(1);
  });

  it("behavior: cuts at the first = only", async () => {
    const [record] = await read('window.YTD.tweets.part0 = [{"t":"a = b; window.YTD.tweets.part0 = ["}]');
    expect(record?.value).to.deep.equal({ t: "a = b; window.YTD.tweets.part0 = [" });
  });

  it("error: another wrapper", async () => {
    for (const text of [
      "",
      "[]",
      "window.YTD.like.part0 = []",
      "window.YTD.tweets = []",
      "alert(1); window.YTD.tweets.part0 = []",
      "=[]",
      "window.__THAR_CONFIG = {}",
      "window.YTD.tweets.partX = []",
      `${"x".repeat(5000)}= []`,
      "x".repeat(5000),
      "window.YTD.tweets.part0",
    ]) {
      const error = await invalid(text);
      expect(error.data.file).to.equal("data/tweets.js");
    }
  });

  it("error: not a list of records", async () => {
    const head = "window.YTD.tweets.part0 = ";
    for (const rest of [
      "",
      "{}",
      "[",
      "[{}",
      '[{"a":"',
      "[{},",
      "[{},]",
      "[,{}]",
      "[{}{}]",
      "[1]",
      '["a"]',
      "[null]",
      "[[{}]]",
      "[{}]]",
      "[{}]; alert(1)",
      "[{}];;",
      "[{}] [{}]",
      "[{]}]",
      '[{"a":1]]',
      "[{'a':1}]",
      "[{a:1}]",
      '[{"a":undefined}]',
      '[{"a":01}]',
      '[{"a":1,}]',
      '[{"a":"\u0001"}]',
      '[{"a":"\\x"}]',
      "[//\n]",
    ]) {
      const error = await invalid(head + rest);
      expect(error.data, rest).to.have.keys(["file", "position"]);
      expect(error.cause).to.equal(undefined);
    }
  });

  it("error: names the place in bytes and quotes nothing", async () => {
    const head = 'window.YTD.tweets.part0 = [{"t":"🐟"}, ';
    const error = await invalid(`${head}{"secret-text": oops}]`);
    expect(error.data).to.deep.equal({ file: "data/tweets.js", position: encoder.encode(head).length });
    expect(`${error.message} ${error.stack}`).not.to.contain("secret");
  });

  it("error: invalid UTF-8, overlong forms, a lone byte", async () => {
    for (const bytes of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xe2, 0x82], [0xf5, 0x80, 0x80, 0x80]]) {
      await invalid(
        Buffer.concat([Buffer.from('window.YTD.tweets.part0 = [{"t":"'), Buffer.from(bytes), Buffer.from('"}]')]),
      );
    }
  });

  it("error: too deep, too long", async () => {
    await invalid(`window.YTD.tweets.part0 = [${'{"a":'.repeat(200_000)}`);
    await invalid(`window.YTD.tweets.part0 = [{"a":${"[".repeat(64)}${"]".repeat(64)}}]`);
    expect(await read(`window.YTD.tweets.part0 = [{"a":${"[".repeat(63)}${"]".repeat(63)}}]`)).to.have.length(1);
    await invalid(`window.YTD.tweets.part0 = [{"a":"${"x".repeat(2000)}"}]`, { limits: { maxRecordBytes: 1000 } });
    await invalid(`window.YTD.tweets.part0 = [{"a":"${"x".repeat(2000)}`, { limits: { maxRecordBytes: 1000 } });
  });

  it("behavior: a string of backslashes and quotes is read once", async () => {
    const text = `${"\\".repeat(500_000)}${'"'.repeat(500_000)}`;
    const [record] = await read(`window.YTD.tweets.part0 = ${JSON.stringify([{ text }])}`, { pieceBytes: 1001 });
    expect(record?.value.text).to.equal(text);
  });
});
