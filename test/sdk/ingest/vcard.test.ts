import { expect } from "chai";
import { generateCards } from "../../../scripts/exports/vcard.ts";
import { expectError } from "./expectError.ts";
import { readTables } from "./readTables.ts";
import { withSample } from "./samples.ts";

const card = (...lines: readonly string[]): string => ["BEGIN:VCARD", ...lines, "END:VCARD", ""].join("\r\n");

describe("vcard connector", () => {
  it("default: version 4", async () => {
    const { connector, tables, counts, range } = await readTables({
      "a.vcf": card(
        "VERSION:4.0",
        "UID:urn:uuid:1",
        "KIND:individual",
        "FN:Åse Østby",
        "N:Østby;Åse;;;",
        'TEL;VALUE=uri;TYPE="cell,work";PREF=1:tel:+47-1',
        "EMAIL;TYPE=work:ase@example.org",
        "ADR;TYPE=home:;;Storgata 1;Oslo;;0155;Norge",
        "BDAY:19800229",
        "ANNIVERSARY:--0401",
        "ORG:Havna;Brygge",
        "CATEGORIES:a,b\\,c",
        "PHOTO:data:image/png;base64,AAAA",
        "REV:20240101T100000Z",
        "X-MINE:1",
      ),
    });
    expect(connector).to.equal("vcard");
    expect(counts).to.deep.equal({ contacts: 1 });
    expect(range).to.deep.equal(["2024-01-01T10:00:00.000Z", "2024-01-01T10:00:00.000Z"]);
    const [row] = tables["contacts"] ?? [];
    expect(row).to.include({
      id: "urn:uuid:1",
      kind: "individual",
      full_name: "Åse Østby",
      name: '{"surname":["Østby"],"given":["Åse"]}',
      phones: '{"work cell":["+47-1"]}',
      emails: '{"work":["ase@example.org"]}',
      addresses: '{"home":["Storgata 1\\nOslo\\n0155\\nNorge"]}',
      organizations: '[["Havna","Brygge"]]',
      anniversaries: '{"birth":["19800229"],"wedding":["--0401"]}',
      keywords: '["a","b,c"]',
      media: '{"photo":["data:image/png;base64,AAAA"]}',
    });
    expect(String(row?.["birthday"])).to.equal("1980-02-29");
    expect(JSON.parse(String(tables["extra"]?.[0]?.["fields"]))).to.have.keys("X-MINE", "TEL");
  });

  it("behavior: version 2.1: quoted-printable with a charset and soft breaks, types without names, a photo in lines", async () => {
    const { tables } = await readTables({
      "a.vcf": card(
        "VERSION:2.1",
        "FN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:=C5se =",
        "=D8stby=",
        " Moe",
        "TEL;CELL;PREF:1",
        "NOTE;ENCODING=QUOTED-PRINTABLE:a=0D=0Ab",
        "PHOTO;ENCODING=BASE64;JPEG:AAAA",
        " BBBB",
        "",
        "EMAIL;INTERNET:a@b.c",
      ),
    });
    expect(tables["contacts"]?.[0]).to.include({
      full_name: "Åse ØstbyMoe",
      phones: '{"cell":["1"]}',
      notes: "a\nb",
      media: '{"photo":["data:image/jpeg;base64,AAAABBBB"]}',
      emails: '{"other":["a@b.c"]}',
    });
  });

  it("behavior: groups keep their labels; a name without FN; days that are none", async () => {
    const { tables } = await readTables({
      "a.vcf": card("VERSION:3.0", "N:Doe;John;;Mr.;", "item1.TEL:1", "item1.X-ABLabel:Boat", "BDAY:1980-02-30"),
    });
    expect(tables["contacts"]?.[0]).to.include({
      full_name: "Mr. John Doe",
      birthday: null,
      anniversaries: '{"birth":["1980-02-30"]}',
    });
    expect(tables["extra"]?.[0]?.["fields"]).to.equal('{"ITEM1.TEL":"1","ITEM1.X-ABLABEL":"Boat"}');
  });

  it("behavior: several cards; the same uid with other content is not lost; windows-1252 is read", async () => {
    const text = card("UID:1", "FN:a") + card("UID:1", "FN:b") + card("UID:1", "FN:a") + card("FN:c") + card("FN:c");
    const { tables, remarks } = await readTables({ "a.vcf": text });
    expect(tables["contacts"]?.map((row) => row["full_name"])).to.deep.equal(["a", "b", "c", "c"]);
    expect(remarks).to.deep.equal(["skipped 1: repeats an id of the same segment"]);
    const latin = await readTables({ "a.vcf": Uint8Array.from(Buffer.from(card("FN:Åse"), "latin1")) });
    expect(latin.tables["contacts"]?.[0]?.["full_name"]).to.equal("Åse");
  });

  it("behavior: all of it is another person's", async () => {
    const text = card("UID:1", "FN:Ola", "TEL;TYPE=HOME:1", "EMAIL:ola@example.org");
    const { tables } = await readTables(
      { "a.vcf": text },
      { thirdParties: { policy: "pseudonymise", key: new Uint8Array(32) } },
    );
    const [row] = tables["contacts"] ?? [];
    expect(row?.["full_name"]).to.match(/^person-/);
    expect(row?.["phones"]).to.match(/^\{"home":\["person-[0-9a-f]+"\]\}$/);
    expect(tables["people"]).to.have.length(3);
  });

  it("behavior: a photo longer than the limit of a text is kept apart", async () => {
    const text = card("UID:1", "FN:a", `PHOTO;ENCODING=b;TYPE=JPEG:${"A".repeat(5000)}`);
    const { tables, remarks } = await readTables({ "a.vcf": text }, { limits: { maxStringLength: 1000 } });
    expect(tables["contacts"]?.[0]?.["media"]).to.equal(null);
    expect(String(tables["extra"]?.[0]?.["fields"])).to.include("A".repeat(5000));
    expect(remarks).to.deep.equal(["changed 1: has a value longer than the limit: it is kept as written, apart"]);
  });

  it("behavior: a generated file of any size", async () => {
    const { tables } = await readTables({ "a.vcf": [...generateCards({ cards: 300 })].join("") });
    expect(tables["contacts"]?.filter((row) => row["full_name"] === "Åse Østby")).to.have.length(300);
  });

  it("error: no card", async () => {
    for (const text of ["", "nothing"]) await expectError("EXPORT_INVALID", () => readTables({ "a.vcf": text }));
  });
});

const samples: Readonly<Record<string, readonly [number, string, string | null]>> = {
  "John_Doe_BLACK_BERRY.vcf": [1, "John Doe", '{"cell":["+96123456789"]'],
  "John_Doe_EVOLUTION.vcf": [1, "Mr. John Richter, James Doe Sr.", '{"cell":["905-666-1234"]'],
  "John_Doe_GMAIL.vcf": [1, "Mr. John Richter, James Doe Sr.", '{"cell":["905-555-1234"]'],
  "John_Doe_IPHONE.vcf": [1, "Mr. John Richter James Doe Sr.", '{"cell":["905-555-1234"]'],
  "John_Doe_LOTUS_NOTES.vcf": [1, "Mr. Doe John I Johny", '{"cell":["+1 (212) 204-34456"'],
  "fullcontact.vcf": [1, "Prefix FirstName MiddleName LastName Suffix", '{"home":["555-555-1111"'],
  "gmail-list.vcf": [3, "Arnold Smith", null],
  "gmail-single.vcf": [1, "Greg Dartmouth", '{"cell":["555 555 1111"'],
  "outlook-2007.vcf": [1, "Mr. Michael Angstadt Jr.", '{"work":["(111) 555-1111"'],
  "rfc2426-example.vcf": [2, "Frank Dawson", '{"work":["+1-919-676-9515"'],
  "rfc6350-example.vcf": [1, "Simon Perreault", '{"work":["+1-418-656-9254;ext=102"'],
  "thunderbird-MoreFunctionsForAddressBook-extension.vcf": [1, "John Doe", '{"work":["555-555-1111"'],
};

describe("vcard vectors", () => {
  for (const [name, [cards, first, phones]] of Object.entries(samples)) {
    withSample(`contacts/ez-vcard/${name}`, name, async (input) => {
      const { connector, tables, counts, range } = await readTables(input);
      expect(connector).to.equal("vcard");
      expect(counts).to.deep.equal({ contacts: cards });
      const [row] = tables["contacts"] ?? [];
      expect(row?.["full_name"]).to.equal(first);
      expect(phones === null ? row?.["phones"] : String(row?.["phones"]).slice(0, phones.length)).to.equal(phones);
      if (name === "John_Doe_EVOLUTION.vcf") expect(range[0]).to.equal("2012-03-05T13:32:54.000Z");
      if (name === "outlook-2007.vcf") expect(range[0]).to.equal("2012-08-01T18:46:31.000Z");
    });
  }

  withSample("contacts/ez-vcard/John_Doe_ANDROID.vcf", "John_Doe_ANDROID.vcf", async (input) => {
    const { tables, counts } = await readTables(input);
    expect(counts).to.deep.equal({ contacts: 6 });
    const rows = tables["contacts"] ?? [];
    expect(rows[2]?.["full_name"]).to.equal("Ñ Ñ Ñ Ñ Ñ");
    expect(rows[4]?.["emails"]).to.include("bob@company.com");
  });
});
